import { isIP, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect, createSecureContext, createServer, type SecureContextOptions, TLSSocket } from 'node:tls';
import { refuseIdentity } from './sip-identity.ts';
import { openStreamWire, type StreamOptions, type StreamWire } from './stream-wire.ts';

/** PEM texts. */
export interface TlsCredentials {
  /** What we show to peers, the certificate first and then those of its issuers. Without one the wire does not listen. */
  readonly identity?: { readonly certificate: string; readonly key: string } | undefined;
  /** Who may issue the certificates of peers; those that the platform trusts when absent. */
  readonly ca?: string | undefined;
}

export interface TlsOptions extends StreamOptions, TlsCredentials {
  /** Takes connections only from peers that show a certificate of `ca`. */
  readonly requireClientCertificate?: boolean | undefined;
}

export interface TlsWire extends StreamWire<'tls'> {
  /**
   * Connections that begin from now on, of either side, use these credentials. It does not begin to listen, nor stop.
   * @throws the error of OpenSSL when a PEM text is not valid; then nothing changes
   */
  renew(credentials: TlsCredentials): void;
}

const SIPS_PORT = 5061;

/**
 * Opens a TLS wire (RFC 3261 section 26.3.1), version 1.2 at least. A peer that we connect to must show a valid certificate for the
 * server name of the endpoint, or its address (RFC 5922): nothing is sent to one that does not.
 * @throws the system's error when the port cannot be had, that of OpenSSL when a PEM text is not valid
 */
export async function openTls(options: TlsOptions): Promise<TlsWire> {
  const { identity, log } = options;
  let secureContext = createSecureContext(contextOf(options));
  const requestCert = options.requireClientCertificate === true;
  const server = identity && createServer({ ...contextOf(options), requestCert, rejectUnauthorized: requestCert });
  const wire = await openStreamWire(
    {
      kind: 'tls',
      server,
      ready: { incoming: 'secureConnection', outgoing: 'secureConnect' },
      proves: (socket, domain) =>
        socket instanceof TLSSocket && socket.authorized && refuseIdentity(domain, socket.getPeerCertificate()) === undefined,
      connect: ({ address, port, serverName = address }) => {
        const to: TcpNetConnectOpts & ConnectionOptions = {
          host: address,
          port,
          localAddress: options.local.address,
          secureContext,
          // Server Name Indication is for names only (RFC 6066 section 3).
          servername: isIP(serverName) === 0 ? serverName : '',
          checkServerIdentity: (_host, certificate) => refuseIdentity(serverName, certificate),
          rejectUnauthorized: true,
        };
        const socket = connect(to);
        socket.once('error', (error) => {
          if (!socket.authorized) log.warn({ err: error, serverName }, 'no TLS connection to the SIP peer');
        });
        return socket;
      },
    },
    // A port must be named in Via and Contact, also where nobody listens and answers come over our own connections.
    identity === undefined && options.local.port === 0 ? { ...options, local: { ...options.local, port: SIPS_PORT } } : options,
  );
  return Object.assign(wire, {
    renew: (credentials: TlsCredentials) => {
      secureContext = createSecureContext(contextOf(credentials));
      server?.setSecureContext(contextOf(credentials));
    },
  });
}

function contextOf({ identity, ca }: TlsCredentials): SecureContextOptions {
  return {
    minVersion: 'TLSv1.2',
    ...(identity && { cert: identity.certificate, key: identity.key }),
    ...(ca !== undefined && { ca }),
  };
}
