import type { SecretBox } from '../store/secret-box.ts';
import { type DigestSecrets, digestSecrets } from '../telephony/port.ts';

/** The realm of all SIP passwords: they hold nowhere else. */
export const SIP_REALM = 'ringflow';

/** What is kept of a SIP password, encrypted: H(A1) for each algorithm, which is as good as the password in our realm. */
export function sealSipPassword(box: SecretBox, endpointId: string, sipUserName: string, password: string): string {
  return box.seal(JSON.stringify(digestSecrets(sipUserName, SIP_REALM, password)), purposeOf(endpointId));
}

/** @throws AppError BAD_SETTING (the secret key) */
export function openSipSecrets(box: SecretBox, endpointId: string, sealed: string): DigestSecrets {
  const { MD5, 'SHA-256': sha256 }: Record<string, string> = JSON.parse(box.open(sealed, purposeOf(endpointId)));
  return { MD5: MD5 ?? '', 'SHA-256': sha256 ?? '' };
}

function purposeOf(endpointId: string): string {
  return `sip-secrets:${endpointId}`;
}
