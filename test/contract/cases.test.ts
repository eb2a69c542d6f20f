import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContractCase, contractCases, differences, filledCase, type RawAnswer, sendRaw } from '../support/contract-case.ts';
import { type ContractScene, contractScene } from '../support/contract-scene.ts';

const cases = contractCases();

/** What a case promises besides its answer: checked on the session that the answer names. */
const effects: Readonly<Record<string, (session: Readonly<Record<string, unknown>>, values: ReadonlyMap<string, string>) => void>> = {
  'the number dialled is': (session, values) => expect(session.toAddress).toBe(values.get('NUMBER')),
  'random caller id used': (session, values) => expect(session.fromAddress).toBe(values.get('CALLER_ID')),
};

describe('the conformance cases of the contract', () => {
  let scene: ContractScene;
  /** Sign-ins and calls of the other cases must not come near its limit. */
  let limited: ContractScene;

  beforeAll(async () => {
    [scene, limited] = await Promise.all([contractScene(), contractScene({ RINGFLOW_RATE_LIMIT: '10' })]);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([scene?.close(), limited?.close()]);
  }, 60_000);

  it('are all of them', () => {
    expect(cases.length).toBe(100);
    expect(new Set(cases.map(({ id }) => id)).size).toBe(100);
  });

  it.each(cases)('$id $level: $description', async (one) => {
    const where = one.request.repeat === undefined ? scene : limited;
    const values = await where.placeholders();
    const filled = filledCase(one, values);
    const answer = await answerOf(filled, where.url);
    expect(differences(filled, answer), answer.body.slice(0, 2000)).toEqual([]);
    await checkEffect(filled, answer, where, values);
  });
});

/** Every request of the case; the answer to the last one counts. */
async function answerOf({ request }: ContractCase, url: string): Promise<RawAnswer> {
  let answer = await sendRaw(url, request);
  for (let sent = 1; sent < Number(request.repeat ?? 1); sent++) answer = await sendRaw(url, request);
  return answer;
}

async function checkEffect(one: ContractCase, answer: RawAnswer, scene: ContractScene, values: ReadonlyMap<string, string>): Promise<void> {
  const { effect } = one.expect;
  if (effect === undefined) return;
  const [, check] = Object.entries(effects).find(([text]) => effect.startsWith(text)) ?? [];
  if (!check) throw new Error(`Nobody knows how to check: ${effect}`);
  check(await scene.ask('GET', answer.headers.location ?? ''), values);
}
