import { isIP } from 'node:net';
import type { RequestOf } from '../contracts/dto.ts';
import type { NewSipTrunk, PatchEndpoint } from '../contracts/endpoints.ts';
import type { EndpointValues } from '../store/endpoint-repository.ts';
import type { SecretBox } from '../store/secret-box.ts';
import type { FlowMembers } from './endpoint-flow.ts';
import { MemberChecks } from './member-checks.ts';

/** Members of a trunk, as a request has them. */
export type TrunkMembers = Pick<
  RequestOf<typeof NewSipTrunk>,
  Exclude<keyof RequestOf<typeof PatchEndpoint>, 'endpointId' | keyof FlowMembers>
>;

export const trunkDefaults = {
  port: 5060,
  transport: 'Udp',
  maxChannels: 100,
  callsPerSecond: 50,
  ringTimeoutSeconds: 60,
  srtp: 'Off',
} as const;

/** The port when none was given (RFC 3261 section 19.1.2). */
export function defaultTrunkPort(transport: EndpointValues['transport']): number {
  return transport === 'Tls' ? 5061 : trunkDefaults.port;
}

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
  if (host !== undefined && !isHost(host)) checks.refuse('Host', 'Give a host name or an IP address, without a port.');
  checks.number(port, 'Port', { least: 1, most: 65_535, whole: true });
  if (transport !== undefined && !['Udp', 'Tcp', 'Tls'].includes(transport)) checks.refuse('Transport', 'Use Udp, Tcp or Tls.');
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
  };
}

/** A host name (RFC 1123 section 2.1) or an IP address. A name of digits and dots only would be taken for an address. */
function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  if (text.length > 253 || /^[0-9.]+$/.test(text)) return false;
  return text.split('.').every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
}
