import type { DialogEntry } from './core.ts';
import { dialogKey } from './dialog-state.ts';
import type { SipRequest } from './message.ts';
import { parseReplaces } from './replaces.ts';
import { SipParseError } from './sip-parse-error.ts';

/**
 * The dialog that an INVITE is to take the place of; undefined when it has no Replaces. What the layers above must not replace is
 * refused here (RFC 3891 section 3).
 * @throws SipParseError 400 for a bad Replaces, 481 when there is no such dialog, 486 when it is answered and only a ringing one was to be
 * replaced, 603 when it is over.
 */
export function findReplaced({ headers }: SipRequest, dialogs: ReadonlyMap<string, DialogEntry>): DialogEntry | undefined {
  const values = headers.all('Replaces');
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.length > 1) throw new SipParseError(400, 'There are several Replaces');
  const { callId, toTag, fromTag, earlyOnly } = parseReplaces(value);
  const dialog = dialogs.get(dialogKey(callId, toTag, fromTag));
  if (!dialog) throw new SipParseError(481, 'There is no such call to replace');
  if (dialog.ended) throw new SipParseError(603, 'The call to replace is over');
  const { phase, role } = dialog.state;
  if (phase === 'confirmed' && earlyOnly) throw new SipParseError(486, 'The call to replace is answered');
  // A call that rings here is nobody's to take but the one who was called.
  if (phase === 'early' && role === 'uas') throw new SipParseError(481, 'The call to replace is not answered');
  return dialog;
}
