import { afterAll, beforeAll, it } from 'vitest';
import { type RealServer, realServer } from '../support/real-server.ts';
import { expectSidesRecorded, saysTone } from '../support/recorded-call.ts';

let server: RealServer;
beforeAll(async () => {
  server = await realServer();
}, 60_000);
afterAll(() => server.remove(), 60_000);

it('the recording of a whole call with baresip has on the left what the flow plays, and on the right the tone of baresip', async () => {
  const phone = await saysTone();
  try {
    await expectSidesRecorded(server, phone, { port: phone.port });
  } finally {
    await phone.close();
  }
}, 60_000);
