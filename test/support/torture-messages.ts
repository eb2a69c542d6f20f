import { readFileSync } from 'node:fs';

/** A message of RFC 4475 or RFC 5118 as it would arrive in a datagram. */
export interface TortureMessage {
  readonly section: string;
  readonly name: string;
  readonly bytes: Buffer;
}

const TITLE = /^=== (\S+) (\S+)$/;
const folder = new URL('../fixtures/sip-torture/', import.meta.url);

/** The messages of RFC 4475, all with the Content-Length that they have there. */
export function rfc4475(): TortureMessage[] {
  return readMessages('rfc4475.txt');
}

/**
 * The messages of RFC 5118. Their Content-Length is counted anew: the printed ones are those of line ends that are no CR LF, so that
 * every message with a body would be refused for its length (sections 4.6 and 4.8).
 */
export function rfc5118(): TortureMessage[] {
  return readMessages('rfc5118.txt').map((message) => {
    const text = message.bytes.toString('latin1');
    const length = text.length - text.indexOf('\r\n\r\n') - 4;
    return { ...message, bytes: Buffer.from(text.replace(/\r\nContent-Length: \d+/, `\r\nContent-Length: ${length}`), 'latin1') };
  });
}

/** Reads the markup of RFC 4475 section 2. */
function readMessages(file: string): TortureMessage[] {
  const messages: { section: string; name: string; lines: string[] }[] = [];
  for (const line of readFileSync(new URL(file, folder), 'latin1').trimEnd().split('\n')) {
    const [, section, name] = TITLE.exec(line) ?? [];
    if (section !== undefined && name !== undefined) messages.push({ section, name, lines: [] });
    else messages.at(-1)?.lines.push(line);
  }
  return messages.map(({ section, name, lines }) => ({ section, name, bytes: bytesOf(lines) }));
}

function bytesOf(lines: readonly string[]): Buffer {
  const whole = lines.includes('') ? lines : [...lines, ''];
  const text = `${whole.join('\r\n')}\r\n`
    .replace(/<allOneLine>\r\n(.*?)\r\n<\/allOneLine>/gs, (_all, joined: string) => joined.replaceAll('\r\n', ''))
    .replace(/<repeat count=(\d+)>(.*?)<\/repeat>/g, (_all, count: string, value: string) => value.repeat(Number(count)))
    .replace(/<hex>(.*?)<\/hex>/gs, (_all, digits: string) => Buffer.from(digits.replace(/\s/g, ''), 'hex').toString('latin1'));
  return Buffer.from(text, 'latin1');
}
