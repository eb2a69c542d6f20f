import { expect, it } from 'vitest';
import { secretBox } from '../store/secret-box.ts';
import { digestSecrets } from '../telephony/port.ts';
import { openSipSecrets, SIP_REALM, sealSipPassword } from './sip-secrets.ts';

const box = secretBox('a secret of sixteen or more');

it('what is kept of a SIP password opens for its own endpoint only, so that nobody gets the password of another by a copy', () => {
  const sealed = sealSipPassword(box, 'endpoint-1', 'ada', 'hunter2');
  expect(openSipSecrets(box, 'endpoint-1', sealed)).toEqual(digestSecrets('ada', SIP_REALM, 'hunter2'));
  expect(() => openSipSecrets(box, 'endpoint-2', sealed)).toThrow(/RINGFLOW_SECRET_KEY/);
  // Nor as another kind of secret.
  expect(() => box.open(sealed, 'endpoint-1')).toThrow(/RINGFLOW_SECRET_KEY/);
});
