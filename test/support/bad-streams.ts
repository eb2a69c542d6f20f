import type { StreamFaults } from './stream-flow.ts';

/** What networks do to SIP over TCP and TLS, by what a connection does. */
export const badStreams: Readonly<Record<string, StreamFaults>> = {
  splits: { pieceBytes: 7 },
  joins: { gathersMs: 60 },
  delays: { delayMs: 80 },
};
