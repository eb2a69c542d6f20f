import { EventEmitter, getEventListeners } from 'node:events';

/** Knows which of some objects are still held by anybody. */
class Held<One extends object> {
  readonly #known = new WeakSet<One>();
  readonly #references = new Set<WeakRef<One>>();

  add(one: One): void {
    if (this.#known.has(one)) return;
    this.#known.add(one);
    this.#references.add(new WeakRef(one));
  }

  /** The sum over those that are there. */
  sum(countOf: (one: One) => number): number {
    let sum = 0;
    for (const reference of this.#references) {
      const one = reference.deref();
      if (one) sum += countOf(one);
      else this.#references.delete(reference);
    }
    return sum;
  }
}

/** How many signals were made of this one by AbortSignal.any: Node keeps a weak reference to each, also when it is gone. */
function madeOf(signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kDependantSignals');
  const made: unknown = symbol && Reflect.get(signal, symbol);
  return typeof made === 'object' && made !== null && 'size' in made ? Number(made.size) : 0;
}

/** Counts the listeners of every AbortSignal and every EventEmitter that anybody began to listen to since it was made, and the signals that follow others. */
export class ListenerWatch {
  readonly #signals = new Held<AbortSignal>();
  readonly #emitters = new Held<EventEmitter>();
  readonly #undo: () => void;

  constructor() {
    const [signals, emitters] = [this.#signals, this.#emitters];
    const listen = EventTarget.prototype.addEventListener;
    Object.defineProperty(AbortSignal.prototype, 'addEventListener', {
      configurable: true,
      value(this: AbortSignal, ...how: Parameters<EventTarget['addEventListener']>): void {
        signals.add(this);
        listen.apply(this, how);
      },
    });
    const { any } = AbortSignal;
    AbortSignal.any = (sources) => {
      for (const source of sources) signals.add(source);
      return any.call(AbortSignal, sources);
    };
    const { on, prependListener } = EventEmitter.prototype;
    const watched = (add: typeof on) =>
      function (this: EventEmitter, ...how: Parameters<typeof on>): EventEmitter {
        emitters.add(this);
        return add.apply(this, how);
      };
    Object.assign(EventEmitter.prototype, { on: watched(on), addListener: watched(on), prependListener: watched(prependListener) });
    this.#undo = () => {
      Reflect.deleteProperty(AbortSignal.prototype, 'addEventListener');
      AbortSignal.any = any;
      Object.assign(EventEmitter.prototype, { on, addListener: on, prependListener });
    };
  }

  /** Those of signals and of emitters that somebody holds, or that were not collected yet. */
  get counts(): { readonly ofSignals: number; readonly ofEmitters: number } {
    return {
      ofSignals: this.#signals.sum((signal) => getEventListeners(signal, 'abort').length + madeOf(signal)),
      ofEmitters: this.#emitters.sum((emitter) => emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)),
    };
  }

  /** Watches no more. Idempotent. */
  close(): void {
    this.#undo();
  }
}
