import { expect, it } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { callWorld, nothingLeft } from '../support/call-world.ts';
import { carrier, targetAt } from '../support/carriers.ts';
import { flowOf } from '../support/flow-builder.ts';

const CARRIER = '10.0.1.1';
const head = `v=0\r\no=- 7 1 IN IP4 ${CARRIER}\r\ns=-\r\nc=IN IP4 ${CARRIER}\r\nt=0 0\r\n`;

it.each([
  ['a codec that was not offered', `${head}m=audio 5000 RTP/AVP 18\r\n`],
  ['a refused stream', `${head}m=audio 0 RTP/AVP 0\r\n`],
  ['nothing that can be read', 'hello'],
])('an answer with %s ends the call with BYE', async (_what, answer) => {
  const dialogs: Dialog[] = [];
  const world = callWorld({ flow: flowOf({ bye: ['HangUpNode', { Outcome: 'Ran' }] }), targets: [targetAt(CARRIER)] });
  const callee = carrier(world, CARRIER, (invite) => void invite.answer(answer).then((dialog) => dialogs.push(dialog)));
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  expect(session).toMatchObject({ outcome: 'Failed', sipCause: 488 });
  await world.clock.advance(100);
  expect(dialogs.map(({ ended }) => ended)).toEqual([true]);
  await callee.close();
  expect(await world.finish()).toEqual(nothingLeft);
});
