import type { DialogState } from './dialog-state.ts';
import type { SipResponse } from './message.ts';
import { hasOption } from './option-tags.ts';

const NUMBER = /^[0-9]{1,10}$/;
const LARGEST = 2 ** 32 - 1;

/** The RSeq number of a provisional response that was sent reliably (RFC 3262 section 4); undefined for any other. */
export function reliableNumber(response: SipResponse): number | undefined {
  const text = response.headers.first('RSeq')?.trim() ?? '';
  if (response.status <= 100 || response.status >= 200 || !NUMBER.test(text) || !hasOption(response.headers, 'Require', '100rel')) {
    return undefined;
  }
  const number = Number(text);
  return number > 0 && number <= LARGEST ? number : undefined;
}

/**
 * Whether a reliable provisional response to the INVITE with this CSeq number is the next one of its dialog. Only that one is
 * acknowledged and looked at (RFC 3262 section 4); it is repeated, and the ones behind it are, until it is.
 */
export function isNextProvisional({ provisional }: DialogState, cSeq: number, rSeq: number): boolean {
  return provisional?.cSeq !== cSeq || provisional.rSeq + 1 === rSeq;
}
