/** What a relay writes in the place of ports of this machine. */
export interface PortNames {
  /** The port under which the receiver knows a port that the sender names; undefined: leave it. */
  portFor(port: number): number | undefined;
  /** The same for the port of an audio stream, for which one is made. */
  mediaPortFor(port: number): Promise<number>;
}

/** Digest covers them, so they stay as they are (RFC 3261 section 22.4). */
const SIGNED = /^(?:proxy-)?authorization:/i;
const OWN_PORT = /(?:127\.0\.0\.1|\[::1\]):(\d+)/g;
const MEDIA_PORT = /^(m=audio|a=rtcp:)( ?)(\d+)/;

/** Writes the ports in a SIP message and in its session description anew, save those that its sender has signed. */
export async function rewriteSip(message: string, names: PortNames): Promise<string> {
  const end = message.indexOf('\r\n\r\n');
  if (end < 0) return message;
  const body = await rewriteSdp(message.slice(end + 4), names);
  const [start = '', ...lines] = message.slice(0, end).split('\r\n');
  const head = lines.map((line) => {
    if (SIGNED.test(line)) return line;
    if (/^(?:content-length|l):/i.test(line)) return `Content-Length: ${body.length}`;
    return line.replace(OWN_PORT, (whole, port: string) => `${whole.slice(0, -port.length)}${names.portFor(Number(port)) ?? port}`);
  });
  return `${[start, ...head].join('\r\n')}\r\n\r\n${body}`;
}

async function rewriteSdp(sdp: string, names: PortNames): Promise<string> {
  const lines: string[] = [];
  for (const line of sdp.split('\r\n')) {
    const [whole = '', name, space, text = '0'] = MEDIA_PORT.exec(line) ?? [];
    const port = Number(text);
    if (port === 0) lines.push(line);
    else lines.push(`${name}${space}${await names.mediaPortFor(port)}${line.slice(whole.length)}`);
  }
  return lines.join('\r\n');
}
