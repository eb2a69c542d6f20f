import type { FastifyReply } from 'fastify';

/** JSON documents about this server, which are made when they are first asked for. */
export class KeptDocuments {
  readonly #kept = new Map<string, string>();

  /**
   * Answers with a document, which `make` makes if it is not kept.
   * @param name of the document; it has one text for each base URL.
   */
  send(reply: FastifyReply, name: string, baseUrl: string, make: () => object): void {
    const key = `${name} ${baseUrl}`;
    const text = this.#kept.get(key) ?? JSON.stringify(make());
    // A `Host` header may name any address, so only a few are kept.
    if (!this.#kept.has(key) && this.#kept.size >= 8) this.#kept.clear();
    this.#kept.set(key, text);
    reply.header('content-type', 'application/json; charset=utf-8').header('cache-control', 'no-cache').send(text);
  }
}
