import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { readSettings, settingDescriptions } from './settings.ts';

describe('settings', () => {
  it('have defaults that need no environment at all', () => {
    expect(readSettings({})).toEqual({
      httpHost: '127.0.0.1',
      httpPort: 8080,
      publicUrl: undefined,
      trustedProxies: undefined,
      corsOrigins: undefined,
      strictAuthBodies: false,
      rateLimit: 1000,
      callbackNetworks: undefined,
      dataDir: './data',
      databaseUrl: undefined,
      sipHosts: ['127.0.0.1'],
      sipPort: 5060,
      sipTlsPort: 5061,
      sipTlsCertificate: undefined,
      sipTlsKey: undefined,
      sipTlsCa: undefined,
      sipTlsRequireClientCertificate: false,
      sipDigest: ['MD5'],
      sipRateLimit: 200,
      sipTrunkRateLimit: 20_000,
      sipConnections: 64,
      sipTrunkConnections: 1024,
      publicAddresses: undefined,
      rtpPorts: { first: 20_000, last: 29_999 },
      mediaThreads: undefined,
      adminEmail: 'admin@localhost',
      adminPassword: undefined,
      secretKey: undefined,
      conferenceMembers: 100,
      drainSeconds: 30,
      logLevel: 'info',
    });
  });

  it('take every variable', () => {
    const secretKey = '0f'.repeat(32);
    const environment = {
      RINGFLOW_HTTP_HOST: '0.0.0.0',
      RINGFLOW_HTTP_PORT: '80',
      RINGFLOW_PUBLIC_URL: 'https://Voice.example.com',
      RINGFLOW_TRUSTED_PROXIES: '127.0.0.1/32',
      RINGFLOW_CORS_ORIGINS: 'https://a.example, http://localhost:3000',
      RINGFLOW_STRICT_AUTH_BODIES: 'true',
      RINGFLOW_RATE_LIMIT: '50',
      RINGFLOW_CALLBACK_NETWORKS: '10.1.0.0/16, fd00::/8',
      RINGFLOW_DATA_DIR: '/var/lib/ringflow',
      RINGFLOW_HOLD_MUSIC: '/srv/music.mp3',
      DATABASE_URL: 'postgres://ringflow:secret@db.example/ringflow',
      RINGFLOW_SIP_HOST: '192.0.2.7, ::',
      RINGFLOW_SIP_PORT: '5080',
      RINGFLOW_SIP_TLS_PORT: '5081',
      RINGFLOW_SIP_TLS_CERTIFICATE: '/etc/ringflow/sip.pem',
      RINGFLOW_SIP_TLS_KEY: '/etc/ringflow/sip.key',
      RINGFLOW_SIP_TLS_CA: '/etc/ringflow/ca.pem',
      RINGFLOW_SIP_TLS_REQUIRE_CLIENT_CERTIFICATE: 'true',
      RINGFLOW_SIP_DIGEST: 'sha-256,md5',
      RINGFLOW_SIP_RATE_LIMIT: '50',
      RINGFLOW_SIP_TRUNK_RATE_LIMIT: '0',
      RINGFLOW_SIP_CONNECTIONS: '20',
      RINGFLOW_SIP_TRUNK_CONNECTIONS: '300',
      RINGFLOW_PUBLIC_ADDRESS: '2001:db8::7',
      RINGFLOW_RTP_PORTS: '10000-10999',
      RINGFLOW_MEDIA_THREADS: '4',
      RINGFLOW_ADMIN_EMAIL: 'ann@example.com',
      RINGFLOW_ADMIN_PASSWORD: 'correct horse',
      RINGFLOW_SECRET_KEY: secretKey,
      RINGFLOW_CONFERENCE_MEMBERS: '60',
      RINGFLOW_DRAIN_SECONDS: '5',
      LOG_LEVEL: 'WARN',
    };
    expect(Object.keys(environment)).toEqual(settingDescriptions.map(({ variable }) => variable));
    expect(readSettings(environment)).toEqual({
      httpHost: '0.0.0.0',
      httpPort: 80,
      publicUrl: 'https://voice.example.com',
      trustedProxies: ['127.0.0.1/32'],
      corsOrigins: ['https://a.example', 'http://localhost:3000'],
      strictAuthBodies: true,
      rateLimit: 50,
      callbackNetworks: ['10.1.0.0/16', 'fd00::/8'],
      dataDir: '/var/lib/ringflow',
      holdMusic: '/srv/music.mp3',
      databaseUrl: 'postgres://ringflow:secret@db.example/ringflow',
      sipHosts: ['192.0.2.7', '::'],
      sipPort: 5080,
      sipTlsPort: 5081,
      sipTlsCertificate: '/etc/ringflow/sip.pem',
      sipTlsKey: '/etc/ringflow/sip.key',
      sipTlsCa: '/etc/ringflow/ca.pem',
      sipTlsRequireClientCertificate: true,
      sipDigest: ['SHA-256', 'MD5'],
      sipRateLimit: 50,
      sipTrunkRateLimit: 0,
      sipConnections: 20,
      sipTrunkConnections: 300,
      publicAddresses: ['2001:db8::7'],
      rtpPorts: { first: 10_000, last: 10_999 },
      mediaThreads: 4,
      adminEmail: 'ann@example.com',
      adminPassword: 'correct horse',
      secretKey,
      conferenceMembers: 60,
      drainSeconds: 5,
      logLevel: 'warn',
    });
  });

  it('count an empty variable as not set', () => {
    expect(readSettings({ RINGFLOW_HTTP_PORT: ' ', DATABASE_URL: '' })).toEqual(readSettings({}));
  });

  it.each([
    ['RINGFLOW_HTTP_HOST', 'a host', 'RINGFLOW_HTTP_HOST must be a host name or an IP address, not "a host".'],
    ['RINGFLOW_HTTP_PORT', '65536', 'RINGFLOW_HTTP_PORT must be a whole number from 0 to 65535, not "65536".'],
    ['RINGFLOW_HTTP_PORT', '80a', 'RINGFLOW_HTTP_PORT must be a whole number from 0 to 65535, not "80a".'],
    ['RINGFLOW_HTTP_PORT', '-1', 'RINGFLOW_HTTP_PORT must be a whole number from 0 to 65535, not "-1".'],
    [
      'RINGFLOW_CORS_ORIGINS',
      'https://a.example,*',
      'RINGFLOW_CORS_ORIGINS must be an address like https://voice.example.com, without a slash at the end, not "*".',
    ],
    ...['voice.example.com', 'https://voice.example.com/', 'https://voice.example.com/api', 'https://a@b', 'ftp://b'].map((url) => [
      'RINGFLOW_PUBLIC_URL',
      url,
      `RINGFLOW_PUBLIC_URL must be an address like https://voice.example.com, without a slash at the end, not "${url}".`,
    ]),
    ['RINGFLOW_STRICT_AUTH_BODIES', 'yes', 'RINGFLOW_STRICT_AUTH_BODIES must be true or false, not "yes".'],
    ['RINGFLOW_CALLBACK_NETWORKS', '10.0.0.1', 'RINGFLOW_CALLBACK_NETWORKS must be networks like 10.1.0.0/16,fd00::/8, not "10.0.0.1".'],
    ['RINGFLOW_SIP_HOST', 'sip.example', 'RINGFLOW_SIP_HOST must be an IP address, for example 127.0.0.1, not "sip.example".'],
    ['RINGFLOW_SIP_DIGEST', 'MD5,SHA-256', 'RINGFLOW_SIP_DIGEST must be one of MD5 or SHA-256 or SHA-256,MD5, not "MD5,SHA-256".'],
    ['RINGFLOW_SIP_HOST', '::1,::2', 'RINGFLOW_SIP_HOST must be one address, or one of IPv4 and one of IPv6, not "::1,::2".'],
    ['RINGFLOW_PUBLIC_ADDRESS', '2001:db8::7', 'RINGFLOW_PUBLIC_ADDRESS must be of a family of addresses that RINGFLOW_SIP_HOST has.'],
    ['RINGFLOW_PUBLIC_ADDRESS', '1.2.3', 'RINGFLOW_PUBLIC_ADDRESS must be an IP address, for example 127.0.0.1, not "1.2.3".'],
    ...['30000-20000', '20000', '80-90', '20000-70000', '20000-20000', ''.padEnd(80, '9')].map((range) => [
      'RINGFLOW_RTP_PORTS',
      range,
      `RINGFLOW_RTP_PORTS must be two ports from 1024 to 65535, the smaller first, as 20000-29999, not "${range.slice(0, 60)}".`,
    ]),
    ['RINGFLOW_ADMIN_EMAIL', 'ann', 'RINGFLOW_ADMIN_EMAIL must be an e-mail address, not "ann".'],
    ['RINGFLOW_MEDIA_THREADS', '0', 'RINGFLOW_MEDIA_THREADS must be a whole number from 1 to 256, not "0".'],
    ['RINGFLOW_CONFERENCE_MEMBERS', '1', 'RINGFLOW_CONFERENCE_MEMBERS must be a whole number from 2 to 1000, not "1".'],
    ['RINGFLOW_DRAIN_SECONDS', '1.5', 'RINGFLOW_DRAIN_SECONDS must be a whole number from 0 to 86400, not "1.5".'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL must be one of fatal, error, warn, info, debug, silent, not "loud".'],
  ])('%s=%s stops the start with a sentence', (variable, value, sentence) => {
    expect(() => readSettings({ [variable]: value })).toThrow(expect.objectContaining({ code: 'BAD_SETTING', message: sentence }));
  });

  it.each([
    ['DATABASE_URL', 'mysql://ann:hidden@db/x'],
    ['DATABASE_URL', 'hidden'],
    ['RINGFLOW_ADMIN_PASSWORD', 'hidden'],
    ['RINGFLOW_SECRET_KEY', 'hidden'],
  ])('a wrong %s is not repeated in the message', (variable, value) => {
    const wrong = () => readSettings({ [variable]: value });
    expect(wrong).toThrow(AppError);
    expect(wrong).toThrow(variable);
    expect(wrong).not.toThrow('hidden');
  });
});

describe('listening on every interface', () => {
  const read = (sipHost: string, publicAddress?: string) =>
    readSettings({ RINGFLOW_SIP_HOST: sipHost, ...(publicAddress !== undefined && { RINGFLOW_PUBLIC_ADDRESS: publicAddress }) });

  it.each([
    ['0.0.0.0', undefined, 'an IPv4 address'],
    ['::', undefined, 'an IPv6 address'],
    ['0:0:0:0:0:0:0:0', undefined, 'an IPv6 address'],
    ['::ffff:0.0.0.0', undefined, 'an IPv6 address'],
    ['0.0.0.0,::', '203.0.113.7', 'an IPv6 address'],
    ['0.0.0.0,::', '2001:db8::7', 'an IPv4 address'],
    ['192.0.2.1,::', '203.0.113.7', 'an IPv6 address'],
  ])('on %s needs a public address of its family: with %s the start stops', (sipHost, publicAddress, missing) => {
    expect(() => read(sipHost, publicAddress)).toThrow(
      `RINGFLOW_PUBLIC_ADDRESS must have ${missing} that the other side can send to, since RINGFLOW_SIP_HOST listens on every interface.`,
    );
  });

  it.each(['0.0.0.0', '::', '192.0.2.1,::', '::ffff:0.0.0.0'])('is nothing to send to: %s is no public address', (address) => {
    expect(() => read('192.0.2.1,2001:db8::1', address)).toThrow(
      /^RINGFLOW_PUBLIC_ADDRESS must be addresses that the other side can send to, not ".*"\.$/,
    );
  });

  it.each([
    ['0.0.0.0', '203.0.113.7'],
    ['0.0.0.0,::', '203.0.113.7,2001:db8::7'],
    ['0.0.0.0,2001:db8::1', '203.0.113.7'],
    ['192.0.2.1', undefined],
  ])('on %s with %s starts', (sipHost, publicAddress) => {
    expect(read(sipHost, publicAddress).publicAddresses?.join()).toBe(publicAddress);
  });
});
