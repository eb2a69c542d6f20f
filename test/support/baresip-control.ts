import { once } from 'node:events';
import { connect } from 'node:net';

/** The control connection to a baresip process: its module ctrl_tcp, JSON in netstrings. */
export interface BaresipControl {
  /** Resolves when baresip has told of an event of this type (`CALL_ESTABLISHED` and the like), also one that was there before. */
  seen(type: string): Promise<void>;
  /** Gives a command of its menu: `hangup`, `hold`, `sndcode` and the like. @throws when baresip refuses or goes away */
  command(command: string, params?: string): Promise<void>;
  /** Idempotent. */
  close(): void;
}

/** What baresip says: an event, or the answer to a command. */
interface Message {
  readonly type?: string;
  readonly response?: boolean;
  readonly ok?: boolean;
  readonly data?: string;
}

/** Connects to the control port of baresip on 127.0.0.1. @throws when nothing listens there */
export async function openBaresipControl(port: number): Promise<BaresipControl> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const messages: Message[] = [];
  let waiting: (() => void)[] = [];
  let isOver = false;
  let unread = Buffer.alloc(0);
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  socket.on('data', (part: Buffer) => {
    unread = Buffer.concat([unread, part]);
    for (let text = nextNetstring(unread); text; text = nextNetstring(unread)) {
      messages.push(JSON.parse(text.toString()));
      unread = unread.subarray(String(text.length).length + text.length + 2);
    }
    wake();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isOver = true;
    wake();
  });
  const next = async (from: number, wanted: (message: Message) => boolean): Promise<Message> => {
    for (;;) {
      const found = messages.slice(from).find(wanted);
      if (found) return found;
      if (isOver) throw new Error('baresip is gone');
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return {
    seen: async (type) => {
      await next(0, (message) => message.type === type);
    },
    command: async (command, params) => {
      const text = JSON.stringify({ command, params });
      const answer = next(messages.length, ({ response }) => response === true);
      socket.write(`${Buffer.byteLength(text)}:${text},`);
      const { ok, data } = await answer;
      if (ok !== true) throw new Error(`baresip refuses ${command}: ${data}`);
    },
    close: () => socket.destroy(),
  };
}

/** The content of the netstring that `bytes` begin with; undefined when it is not complete. */
function nextNetstring(bytes: Buffer): Buffer | undefined {
  const colon = bytes.indexOf(':');
  const length = Number(bytes.toString('latin1', 0, Math.max(0, colon)));
  const end = colon + 1 + length;
  return colon > 0 && bytes.length > end ? bytes.subarray(colon + 1, end) : undefined;
}
