import type { SessionNews } from '../follow-session.ts';

/** News from several sources, told in the order in which they happened. */
export class Story {
  readonly #tell: (news: SessionNews) => void;
  #untold: SessionNews[] = [];

  constructor(tell: (news: SessionNews) => void) {
    this.#tell = tell;
  }

  add(news: SessionNews): void {
    this.#untold.push(news);
  }

  /** Tells what happened until `untilMs`. */
  tellUntil(untilMs: number): void {
    const due = this.#untold.filter(({ atMs }) => atMs <= untilMs).sort((one, other) => one.atMs - other.atMs);
    this.#untold = this.#untold.filter(({ atMs }) => atMs > untilMs);
    for (const news of due) this.#tell(news);
  }
}
