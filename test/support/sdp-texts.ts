import type { LocalMedia, Offer } from '../../src/telephony/sdp/negotiate.ts';
import { SdpError } from '../../src/telephony/sdp/sdp-error.ts';

/** What we offer. */
export const offer: Offer = {
  address: '192.0.2.1',
  port: 20000,
  sessionId: '1234567890',
  version: 1,
  codecs: ['PCMU', 'PCMA'],
  telephoneEvent: 101,
};
/** What a phone has that answers. */
export const phone: LocalMedia = { address: '198.51.100.7', port: 30002, sessionId: '77', version: 3, codecs: ['PCMU', 'PCMA'] };

/** The address of the phone. */
export const C = 'c=IN IP4 198.51.100.7';
/** A description by the phone with these lines after the first three. */
export const sdp = (...lines: string[]): string => ['v=0', 'o=- 1 1 IN IP4 198.51.100.7', 's=-', ...lines, ''].join('\r\n');

/** Why `run` did not come to an agreement. */
export function failureOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SdpError) return error.reason;
    throw error;
  }
  return 'agreed';
}
