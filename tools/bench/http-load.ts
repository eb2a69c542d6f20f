import { Agent, request } from 'node:http';

export interface Load {
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The answer that every request must get. */
  readonly status: number;
}

/** Sends `count` requests over `connections` connections, each one after the other. Resolves with the time it took. @throws Error for another answer */
export async function sendLoad(load: Load, count: number, connections: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let left = count;
  const startedMs = performance.now();
  const work = async () => {
    while (left-- > 0) await sendOne(load, agent);
  };
  try {
    await Promise.all(Array.from({ length: connections }, work));
    return performance.now() - startedMs;
  } finally {
    agent.destroy();
  }
}

function sendOne({ url, path, headers, body, status }: Load, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url + path,
      { method: 'POST', agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
      (answer) => {
        answer.on('error', reject);
        answer.on('end', () =>
          answer.statusCode === status ? resolve() : reject(new Error(`${path}: ${answer.statusCode}, not ${status}`)),
        );
        answer.resume();
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
