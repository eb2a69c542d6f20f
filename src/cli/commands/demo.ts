import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RequestOf } from '../../contracts/dto.ts';
import { NewFlow } from '../../contracts/flows.ts';
import { GetSession, type SessionInfo } from '../../contracts/sessions.ts';
import { sleep, systemClock } from '../../kernel/clock.ts';
import { type ChildProgram, firstLine, startChild } from '../child-program.ts';
import { judgeDemo, PRESS_AFTER_MS } from '../demo/judge-demo.ts';
import { Story } from '../demo/story.ts';
import { followSession, sinceStart } from '../follow-session.ts';
import { freePort } from '../free-port.ts';
import { createAccount, idOf, newPassword, type ReadyAccount } from '../new-account.ts';
import type { TimedPhoneEvent } from '../phone/phone-event.ts';
import { startServerChild } from '../server-child.ts';

export interface DemoOptions {
  /** Keep the data folder and the logs. */
  readonly keep?: boolean;
}

const CALLER_ID = '+18144043093';
const SPARE_NUMBER = '+18144043094';
const NUMBER_TO_DIAL = '+18144043000';
const DIGIT = '1';
const ANSWER_AFTER_MS = 1000;
const RTP_PORTS = '10000-19999';
const POLL_EVERY_MS = 50;
const TIME_LIMIT_MS = 60_000;
/** How long news of the phone and of the session are kept back, so that they can be told in the order in which they happened. */
const NEWS_TAKE_MS = 200;
/** How long the phone may take to finish its recording after the session has ended. */
const PHONE_GRACE_MS = 5000;

const script = fileURLToPath(new URL('../main.js', import.meta.url));
const welcomeFlow = fileURLToPath(new URL('../../../examples/welcome.flow.json', import.meta.url));

/**
 * One real call on this machine: a server with empty data, everything created through its API, and a test phone as a process of
 * its own that answers and presses a digit. Prints the call as it happens and what was measured, and answers 0 only when the phone heard
 * the prompts and the flow took the branch of the digit.
 */
export async function demo({ keep = false }: DemoOptions, print: (line: string) => void, signal: AbortSignal): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'ringflow-demo-'));
  const children: ChildProgram[] = [];
  let good = false;
  try {
    good = await run(directory, children, print, AbortSignal.any([signal, AbortSignal.timeout(TIME_LIMIT_MS)]));
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    const litter = signal.aborted ? [directory] : ['data', 'server.log', 'phone.log'].map((part) => join(directory, part));
    if (!keep && (good || signal.aborted)) for (const path of litter) rmSync(path, { recursive: true, force: true });
    else print(`Data and logs are kept in ${directory}`);
  }
  return good ? 0 : 1;
}

/** Everything between the first child's start and its end. Answers whether all was as it should be. */
async function run(directory: string, children: ChildProgram[], print: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  print('Starting a server with an empty data folder ...');
  const server = await startServerChild({
    script,
    directory,
    sipPort: await freePort(),
    rtpPorts: RTP_PORTS,
    adminPassword: newPassword(),
  });
  children.push(server.program);
  print(`Server ready after ${Math.round(server.readyAfterMs)} ms at ${server.url}`);

  const wavFile = join(directory, 'heard.wav');
  const events: TimedPhoneEvent[] = [];
  const phone = await startPhone(directory, wavFile, events);
  children.push(phone.program);
  print(`Test phone ready on port ${phone.port}; it will answer after ${ANSWER_AFTER_MS} ms and press ${DIGIT}`);

  const account = await createAccount(
    { url: server.url, ...server.login },
    {
      name: 'Demo',
      numbers: [CALLER_ID, SPARE_NUMBER],
      trunk: { name: 'Test phone', host: '127.0.0.1', port: phone.port, transport: 'Udp' },
    },
  );
  const flow: RequestOf<typeof NewFlow> = JSON.parse(readFileSync(welcomeFlow, 'utf8'));
  const flowId = idOf(await account.api.call(NewFlow, { accountId: account.accountId, ...flow }));
  print(`Account, manager, 2 numbers, trunk and the flow "${flow.name}" created through the API`);
  print('');
  print(`POST /sessions/outgoing {"flowId":"${flowId}","numberToDial":"${NUMBER_TO_DIAL}","callerId":"${CALLER_ID}"}`);

  const requestedMs = systemClock.now();
  const story = new Story(({ atMs, text }) => print(`${sinceStart(atMs, requestedMs)}  ${text}`));
  phone.onEvent((event) => {
    const text = describeEvent(event);
    if (text !== undefined) story.add({ atMs: event.atMs, text: `                phone: ${text}` });
  });
  const { session, acceptedMs } = await callAndFollow(account, flowId, story, signal);
  await Promise.race([phone.over, sleep(systemClock, PHONE_GRACE_MS, signal)]);
  story.tellUntil(Number.POSITIVE_INFINITY);

  const verdict = judgeDemo({
    events,
    session,
    flow,
    digit: DIGIT,
    wav: () => readFileSync(wavFile),
    requestedMs,
    acceptedMs,
  });
  print('');
  for (const line of verdict.lines) print(line);
  return verdict.good;
}

async function callAndFollow(
  { api }: ReadyAccount,
  flowId: string,
  story: Story,
  signal: AbortSignal,
): Promise<{ session: SessionInfo; acceptedMs: number }> {
  const sessionId = idOf(await api.placeCall({ flowId, numberToDial: NUMBER_TO_DIAL, callerId: CALLER_ID }));
  const acceptedMs = systemClock.now();
  const read = async (): Promise<SessionInfo> => {
    story.tellUntil(systemClock.now() - NEWS_TAKE_MS);
    return api.call(GetSession, { sessionId });
  };
  const session = await followSession({ read, tell: (news) => story.add(news), clock: systemClock, pollEveryMs: POLL_EVERY_MS, signal });
  return { session, acceptedMs };
}

/** Starts the phone as a process of its own and keeps its events in `events`. */
async function startPhone(directory: string, wavFile: string, events: TimedPhoneEvent[]) {
  const logFile = join(directory, 'phone.log');
  const behaviour = ['--ring', '--answer-after', ANSWER_AFTER_MS, '--digits', DIGIT, '--digits-after', PRESS_AFTER_MS, '--record', wavFile];
  const program = startChild({ script, arguments: ['phone', '--port', '0', '--calls', '1', ...behaviour.map(String)], logFile });
  const handlers: ((event: TimedPhoneEvent) => void)[] = [];
  const over = new Promise<void>((resolve) => {
    handlers.push(({ event }) => event === 'over' && resolve());
  });
  program.onLine((line) => {
    const event: TimedPhoneEvent = JSON.parse(line);
    events.push(event);
    for (const handler of handlers) handler(event);
  });
  try {
    const port = await firstLine(
      program,
      logFile,
      TIME_LIMIT_MS,
      () => events.flatMap((event) => (event.event === 'listening' ? [event.port] : []))[0],
    );
    return { program, port, over, onEvent: (handler: (event: TimedPhoneEvent) => void) => handlers.push(handler) };
  } catch (error) {
    await program.stop();
    throw error;
  }
}

/** What the phone did, for people; undefined for what the summary says better. */
function describeEvent(event: TimedPhoneEvent): string | undefined {
  switch (event.event) {
    case 'invite':
      return 'INVITE received';
    case 'ringing':
      return 'ringing';
    case 'answered':
      return 'answered (200 OK)';
    case 'digit':
      return `pressed ${event.digit}`;
    case 'bye':
      return event.by === 'peer' ? 'BYE received' : `call over, ended by ${event.by}`;
    case 'rejected':
      return `rejected with ${event.status}`;
    case 'cancelled':
      return 'cancelled by the caller';
    case 'failed':
      return `failed: ${event.reason}`;
    case 'listening':
    case 'challenged':
    case 'first-audio':
    case 'recording':
    case 'over':
      return undefined;
  }
}
