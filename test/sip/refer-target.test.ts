import { expect, it } from 'vitest';
import { referTargetOf } from '../../src/telephony/transfer-target.ts';
import { twoDialogs } from '../support/sip-call.ts';

it.each([
  ['+15550003', 'sip:+15550003@10.0.0.2'],
  ['#31#*9', 'sip:%2331%23*9@10.0.0.2'],
  ['sip:carol@c.example', 'sip:carol@c.example'],
])('a transfer to %s is one to %s: a number is one of the host of the peer', async (to, uri) => {
  const { caller, scene } = await twoDialogs();
  expect(referTargetOf(to, caller.state)).toEqual({ uri });
  await scene.close();
});
