import type { RequestOf } from '../contracts/dto.ts';
import type { NewSipTrunk, PatchEndpoint } from '../contracts/endpoints.ts';
import type { EndpointValues } from '../store/endpoint-repository.ts';
import type { SecretBox } from '../store/secret-box.ts';
import type { FlowMembers } from './endpoint-flow.ts';
import { MemberChecks } from './member-checks.ts';
import { trunkSettingValues } from './trunk-settings.ts';
import { checkTarget, firstTarget } from './trunk-targets.ts';

/** Members of a trunk, as a request has them. */
export type TrunkMembers = Pick<
  RequestOf<typeof NewSipTrunk>,
  Exclude<keyof RequestOf<typeof PatchEndpoint>, 'endpointId' | 'memberIds' | keyof FlowMembers>
>;

export const trunkDefaults = {
  maxChannels: 100,
  callsPerSecond: 50,
  ringTimeoutSeconds: 60,
  srtp: 'Off',
} as const;

/** What the password of a trunk is sealed for: it opens only as the password of this one. */
export function passwordPurpose(trunkId: string): string {
  return `trunk-password:${trunkId}`;
}

/**
 * The columns for the members that are there. An empty user name or password removes it.
 * @throws AppError INVALID_MEMBER with an entry for each member that is wrong
 */
export function trunkValues(trunkId: string, members: TrunkMembers, box: SecretBox, checks = new MemberChecks()): EndpointValues {
  const { name, host, port, transport, userName, password, maxChannels, callsPerSecond, ringTimeoutInSeconds, srtp } = members;
  const displayName = checks.text(name?.trim(), 'Name', 200);
  if (displayName === '') checks.refuse('Name', 'Give it a name.');
  checkTarget(members, '', checks);
  const settings = trunkSettingValues(members, checks);
  checks.text(userName, 'UserName', 200);
  checks.text(password, 'Password', 200);
  if (/[\r\n"]/.test(userName ?? '')) checks.refuse('UserName', 'It has a line break or a quotation mark.');
  checks.number(maxChannels, 'MaxChannels', { least: 1, most: 10_000, whole: true });
  checks.number(callsPerSecond, 'CallsPerSecond', { least: 0.1, most: 1_000 });
  checks.number(ringTimeoutInSeconds, 'RingTimeoutInSeconds', { least: 5, most: 600, whole: true });
  if (srtp !== undefined && srtp !== 'Off' && srtp !== 'Optional' && srtp !== 'Required')
    checks.refuse('Srtp', 'Use Off, Optional or Required.');
  checks.done();
  return {
    ...(displayName !== undefined && { displayName }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(transport !== undefined && { transport }),
    ...(userName !== undefined && { userName: userName === '' ? null : userName }),
    ...(password !== undefined && { passwordBox: password === '' ? null : box.seal(password, passwordPurpose(trunkId)) }),
    ...(maxChannels !== undefined && { maxChannels }),
    ...(callsPerSecond !== undefined && { callsPerSecond }),
    ...(ringTimeoutInSeconds !== undefined && { ringTimeoutSeconds: ringTimeoutInSeconds }),
    ...(srtp !== undefined && { srtp }),
    ...firstTarget(settings.targets ?? []),
    ...(Object.keys(settings).length > 0 && { trunk: settings }),
  };
}
