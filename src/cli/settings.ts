import ipaddr from 'ipaddr.js';
import { AppError } from '../kernel/errors.ts';
import { addressesToSendTo, ipAddresses, unfitPublicAddresses } from './own-addresses.ts';
import { quote } from './quote.ts';

/** One setting: how it is written, what it means, and how its text becomes a value. */
interface Setting<Value> {
  readonly variable: string;
  /** What applies when the variable is not set, as it would be written. Absent: nothing does. */
  readonly fallback?: string;
  /** For people, instead of `fallback`, where that says more. */
  readonly whenAbsent?: string;
  readonly description: string;
  /** @throws Error whose message completes "VARIABLE ...". */
  readonly read: (text: string) => Value;
}

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Every environment variable that the server reads: parsing, help text and docs/reference/settings.md come from here. */
const table = {
  httpHost: required({
    variable: 'RINGFLOW_HTTP_HOST',
    fallback: '127.0.0.1',
    description: 'Address on which the API listens. 0.0.0.0 for every interface.',
    read: hostName,
  }),
  httpPort: required({
    variable: 'RINGFLOW_HTTP_PORT',
    fallback: '8080',
    description: 'Port of the API. 0 for any free one.',
    read: port,
  }),
  publicUrl: optional({
    variable: 'RINGFLOW_PUBLIC_URL',
    whenAbsent: 'http:// and the Host header of the request',
    description: 'Where clients reach the API, as https://voice.example.com. Set it behind a proxy: cookies are then for TLS only.',
    read: origin,
  }),
  trustedProxies: optional({
    variable: 'RINGFLOW_TRUSTED_PROXIES',
    whenAbsent: 'none',
    description:
      'Networks of your proxies, as 127.0.0.1/32,fd00::/8: what they say in X-Forwarded-For is the address of the client, by which failed sign-ins are counted. Set it behind a proxy, or one client that guesses passwords slows down all.',
    read: networks,
  }),
  corsOrigins: optional({
    variable: 'RINGFLOW_CORS_ORIGINS',
    whenAbsent: 'none',
    description: 'Origins of web pages that may call the API with the cookies of a user, as https://a.example,https://b.example.',
    read: origins,
  }),
  strictAuthBodies: required({
    variable: 'RINGFLOW_STRICT_AUTH_BODIES',
    fallback: 'false',
    description: 'true: 401 has no body and 403 a plain text, exactly as Evo Voice answers. Clients then learn less of what is wrong.',
    read: flag,
  }),
  rateLimit: required({
    variable: 'RINGFLOW_RATE_LIMIT',
    fallback: '1000',
    description: 'Requests per second that one login may send, with twice as many at once. 0 for no limit.',
    read: wholeNumber(0, 1_000_000),
  }),
  callbackNetworks: optional({
    variable: 'RINGFLOW_CALLBACK_NETWORKS',
    whenAbsent: 'none',
    description: 'Networks besides the public internet that status callbacks may go to, as 10.1.0.0/16,fd00::/8.',
    read: networks,
  }),
  dataDir: required({
    variable: 'RINGFLOW_DATA_DIR',
    fallback: './data',
    description: 'Folder for the embedded database, audio files, recordings and the secret key. One server uses it at a time.',
    read: text,
  }),
  holdMusic: optional({
    variable: 'RINGFLOW_HOLD_MUSIC',
    whenAbsent: 'a piece of our own',
    description: 'WAV or MP3 file that callers on hold hear, again and again.',
    read: text,
  }),
  databaseUrl: optional({
    variable: 'DATABASE_URL',
    whenAbsent: 'embedded PostgreSQL in the data folder',
    description: 'A PostgreSQL server (15 or later) to use, as postgres://user:password@host/database.',
    read: databaseUrl,
  }),
  sipHosts: required({
    variable: 'RINGFLOW_SIP_HOST',
    fallback: '127.0.0.1',
    description: 'IP address on which SIP and RTP listen; two for both families, as 192.0.2.1,2001:db8::1.',
    read: ipAddresses,
  }),
  sipPort: required({
    variable: 'RINGFLOW_SIP_PORT',
    fallback: '5060',
    description: 'Port of SIP, UDP and TCP.',
    read: port,
  }),
  sipTlsPort: required({
    variable: 'RINGFLOW_SIP_TLS_PORT',
    fallback: '5061',
    description: 'Port of SIP over TLS. It is opened when there is a certificate; calls to trunks over TLS need none.',
    read: port,
  }),
  sipTlsCertificate: optional({
    variable: 'RINGFLOW_SIP_TLS_CERTIFICATE',
    whenAbsent: 'none',
    description:
      'PEM file with the certificate that SIP peers see, followed by those of its issuers. Read again when it changes, and on SIGHUP.',
    read: text,
  }),
  sipTlsKey: optional({
    variable: 'RINGFLOW_SIP_TLS_KEY',
    whenAbsent: 'none',
    description: 'PEM file with the private key of that certificate.',
    read: text,
  }),
  sipTlsCa: optional({
    variable: 'RINGFLOW_SIP_TLS_CA',
    whenAbsent: 'those that Node.js trusts',
    description: 'PEM file with the authorities that may issue the certificates of SIP peers.',
    read: text,
  }),
  sipTlsRequireClientCertificate: required({
    variable: 'RINGFLOW_SIP_TLS_REQUIRE_CLIENT_CERTIFICATE',
    fallback: 'false',
    description: 'true: SIP peers that connect over TLS must show a certificate of these authorities.',
    read: flag,
  }),
  sipDigest: required({
    variable: 'RINGFLOW_SIP_DIGEST',
    fallback: 'MD5',
    description:
      'How phones prove their password: MD5, SHA-256, or both as SHA-256,MD5. Many phones cannot register where SHA-256 is asked for at all.',
    read: digestAlgorithms,
  }),
  sipRateLimit: required({
    variable: 'RINGFLOW_SIP_RATE_LIMIT',
    fallback: '200',
    description:
      'SIP messages per second that one address may send, with twice as many at once; more is dropped and counted. 0 for no limit.',
    read: wholeNumber(0, 1_000_000),
  }),
  sipTrunkRateLimit: required({
    variable: 'RINGFLOW_SIP_TRUNK_RATE_LIMIT',
    fallback: '20000',
    description: 'The same for each address of a trunk, and for those that requests were sent to.',
    read: wholeNumber(0, 1_000_000),
  }),
  sipConnections: required({
    variable: 'RINGFLOW_SIP_CONNECTIONS',
    fallback: '64',
    description:
      'TCP and TLS connections without a registration that one address may have open to SIP; more are refused and counted. 0 for no limit.',
    read: wholeNumber(0, 1_000_000),
  }),
  sipTrunkConnections: required({
    variable: 'RINGFLOW_SIP_TRUNK_CONNECTIONS',
    fallback: '1024',
    description: 'The same for each address of a trunk, and for any address with those that carry registrations.',
    read: wholeNumber(0, 1_000_000),
  }),
  publicAddresses: optional({
    variable: 'RINGFLOW_PUBLIC_ADDRESS',
    whenAbsent: 'RINGFLOW_SIP_HOST',
    description:
      'IP address that the other side sees, written into SIP and SDP; two for both families. Set it behind NAT. Needed with RINGFLOW_SIP_HOST 0.0.0.0 or ::, an address of each such family.',
    read: addressesToSendTo,
  }),
  rtpPorts: required({
    variable: 'RINGFLOW_RTP_PORTS',
    fallback: '20000-29999',
    description: 'UDP ports for audio, first-last; two per call.',
    read: portRange,
  }),
  mediaThreads: optional({
    variable: 'RINGFLOW_MEDIA_THREADS',
    whenAbsent: 'one per core but one',
    description: 'Threads that carry audio, each with its own part of the ports for audio.',
    read: wholeNumber(1, 256),
  }),
  adminEmail: required({
    variable: 'RINGFLOW_ADMIN_EMAIL',
    fallback: 'admin@localhost',
    description: 'Login of the first administrator, made at the first start.',
    read: emailAddress,
  }),
  adminPassword: optional({
    variable: 'RINGFLOW_ADMIN_PASSWORD',
    whenAbsent: 'one is made and printed once',
    description: 'Password of the first administrator, used at the first start.',
    read: password,
  }),
  secretKey: optional({
    variable: 'RINGFLOW_SECRET_KEY',
    whenAbsent: 'one is made and kept in the data folder',
    description:
      'Secret from which the keys are derived that encrypt the passwords of trunks in the database and sign bearer tokens; at least 16 characters. Servers that share a database share it.',
    read: secretKey,
  }),
  conferenceMembers: required({
    variable: 'RINGFLOW_CONFERENCE_MEMBERS',
    fallback: '100',
    description: 'How many calls one conference takes.',
    read: wholeNumber(2, 1000),
  }),
  drainSeconds: required({
    variable: 'RINGFLOW_DRAIN_SECONDS',
    fallback: '30',
    description: 'How long a stopping server lets running calls go on before it hangs up.',
    read: wholeNumber(0, 86_400),
  }),
  logLevel: required({
    variable: 'LOG_LEVEL',
    fallback: 'info',
    description: 'What is logged: fatal, error, warn, info, debug or silent.',
    read: logLevel,
  }),
};

type Table = typeof table;
export type LogLevel = (typeof logLevels)[number];

/** All settings of the server. Those that may be missing are undefined. */
export type Settings = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly read: (text: string) => infer Value } ? Value : never;
};

/**
 * Reads the settings from `environment`. A variable that is empty counts as not set.
 * @throws AppError BAD_SETTING, a sentence that names the variable, for the first value that cannot be used.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const value = <Value>({ variable, fallback, read }: Setting<Value>): Value => {
    const given = environment[variable]?.trim() || fallback;
    try {
      return read(given ?? '');
    } catch (error) {
      throw new AppError('BAD_SETTING', { name: variable, reason: error instanceof Error ? error.message : String(error) });
    }
  };
  const sipHosts = value(table.sipHosts);
  const publicAddresses = value(table.publicAddresses);
  const unfit = unfitPublicAddresses(sipHosts, publicAddresses ?? [], table.sipHosts.variable);
  if (unfit !== undefined) throw new AppError('BAD_SETTING', { name: table.publicAddresses.variable, reason: unfit });
  return {
    httpHost: value(table.httpHost),
    httpPort: value(table.httpPort),
    publicUrl: value(table.publicUrl),
    trustedProxies: value(table.trustedProxies),
    corsOrigins: value(table.corsOrigins),
    strictAuthBodies: value(table.strictAuthBodies),
    rateLimit: value(table.rateLimit),
    callbackNetworks: value(table.callbackNetworks),
    dataDir: value(table.dataDir),
    holdMusic: value(table.holdMusic),
    databaseUrl: value(table.databaseUrl),
    sipHosts,
    sipPort: value(table.sipPort),
    sipTlsPort: value(table.sipTlsPort),
    sipTlsCertificate: value(table.sipTlsCertificate),
    sipTlsKey: value(table.sipTlsKey),
    sipTlsCa: value(table.sipTlsCa),
    sipTlsRequireClientCertificate: value(table.sipTlsRequireClientCertificate),
    sipDigest: value(table.sipDigest),
    sipRateLimit: value(table.sipRateLimit),
    sipTrunkRateLimit: value(table.sipTrunkRateLimit),
    sipConnections: value(table.sipConnections),
    sipTrunkConnections: value(table.sipTrunkConnections),
    publicAddresses,
    rtpPorts: value(table.rtpPorts),
    mediaThreads: value(table.mediaThreads),
    adminEmail: value(table.adminEmail),
    adminPassword: value(table.adminPassword),
    secretKey: value(table.secretKey),
    conferenceMembers: value(table.conferenceMembers),
    drainSeconds: value(table.drainSeconds),
    logLevel: value(table.logLevel),
  };
}

/** Name, meaning and default of each variable, for help and documentation. */
export const settingDescriptions: readonly { variable: string; description: string; whenAbsent: string }[] = Object.values(table).map(
  ({ variable, description, fallback, whenAbsent }: Setting<unknown>) => ({
    variable,
    description,
    whenAbsent: whenAbsent ?? fallback ?? '',
  }),
);

function required<Value>(setting: Setting<Value> & { readonly fallback: string }): Setting<Value> {
  return setting;
}

/** A setting that is undefined when its variable is not set. */
function optional<Value>(setting: Setting<Value> & { readonly whenAbsent: string }): Setting<Value | undefined> {
  return { ...setting, read: (given) => (given === '' ? undefined : setting.read(given)) };
}

function text(given: string): string {
  return given;
}

function hostName(given: string): string {
  if (!/^[\w.:-]{1,253}$/.test(given)) throw new Error(`must be a host name or an IP address, not ${quote(given)}.`);
  return given;
}

function flag(given: string): boolean {
  if (given !== 'true' && given !== 'false') throw new Error(`must be true or false, not ${quote(given)}.`);
  return given === 'true';
}

const digestChoices = { MD5: ['MD5'], 'SHA-256': ['SHA-256'], 'SHA-256,MD5': ['SHA-256', 'MD5'] } as const;

function digestAlgorithms(given: string): readonly ('SHA-256' | 'MD5')[] {
  for (const [name, algorithms] of Object.entries(digestChoices)) if (name === given.toUpperCase()) return algorithms;
  throw new Error(`must be one of ${Object.keys(digestChoices).join(' or ')}, not ${quote(given)}.`);
}

function wholeNumber(least: number, most: number): (given: string) => number {
  return (given) => {
    const value = Number(given);
    if (!/^\d{1,9}$/.test(given) || value < least || value > most) {
      throw new Error(`must be a whole number from ${least} to ${most}, not ${quote(given)}.`);
    }
    return value;
  };
}

function port(given: string): number {
  return wholeNumber(0, 65_535)(given);
}

function portRange(given: string): PortRange {
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(given) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (!(range.first >= 1024 && range.last <= 65_535 && range.last > range.first)) {
    throw new Error(`must be two ports from 1024 to 65535, the smaller first, as 20000-29999, not ${quote(given)}.`);
  }
  return range;
}

function origin(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isOrigin = url && /^https?:$/.test(url.protocol) && given.toLowerCase() === `${url.protocol}//${url.host}`;
  if (!isOrigin) throw new Error(`must be an address like https://voice.example.com, without a slash at the end, not ${quote(given)}.`);
  return url.origin;
}

function origins(given: string): string[] {
  return given.split(',').map((one) => origin(one.trim()));
}

function networks(given: string): string[] {
  return given.split(',').map((one) => {
    const network = one.trim();
    if (!ipaddr.isValidCIDR(network)) throw new Error(`must be networks like 10.1.0.0/16,fd00::/8, not ${quote(network)}.`);
    return network;
  });
}

function databaseUrl(given: string): string {
  // The value may hold a password, so no message repeats it.
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new Error('must be an address of the form postgres://user:password@host/database.');
  }
  return given;
}

function emailAddress(given: string): string {
  if (!/^[^\s@]{1,64}@[^\s@]{1,190}$/.test(given)) throw new Error(`must be an e-mail address, not ${quote(given)}.`);
  return given;
}

function password(given: string): string {
  if (given.length < 8) throw new Error('must have at least 8 characters.');
  return given;
}

function secretKey(given: string): string {
  if (given.length < 16) throw new Error('must have at least 16 characters. Make one with: openssl rand -hex 32');
  return given;
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

function logLevel(given: string): LogLevel {
  const level = logLevels.find((name) => name === given.toLowerCase());
  if (!level) throw new Error(`must be one of ${logLevels.join(', ')}, not ${quote(given)}.`);
  return level;
}
