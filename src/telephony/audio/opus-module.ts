import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What we call of libopus. Pointers are byte offsets into the memory; sizes and counts are as in opus.h. */
interface Libopus {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(bytes: number): number;
  free(pointer: number): void;
  opus_encoder_get_size(channels: number): number;
  opus_encoder_init(encoder: number, rate: number, channels: number, application: number): number;
  opus_encoder_ctl_set(encoder: number, request: number, value: number): number;
  opus_encode(encoder: number, samples: number, count: number, packet: number, room: number): number;
  opus_decoder_get_size(channels: number): number;
  opus_decoder_init(decoder: number, rate: number, channels: number): number;
  opus_decode(decoder: number, packet: number, bytes: number, samples: number, most: number, useFec: number): number;
}

/** Longest packet that is taken: a frame has 1275 bytes at the most (RFC 6716 section 3.1), and no network carries more at once. */
export const PACKET_ROOM = 1500;
/** 120 ms at 8000 per second, the longest packet (RFC 6716 section 3.2.5). */
export const SAMPLE_ROOM = 960;

/** libopus in the memory of this thread, with one packet and its samples to work on. */
export class OpusModule {
  readonly lib: Libopus;
  readonly packetAt: number;
  readonly samplesAt: number;
  #bytes = new Uint8Array(0);
  #samples = new Int16Array(0);
  #states = 0;

  constructor(lib: Libopus) {
    this.lib = lib;
    this.packetAt = lib.malloc(PACKET_ROOM);
    this.samplesAt = lib.malloc(2 * SAMPLE_ROOM);
  }

  /** Encoders and decoders that are not closed. */
  get liveStates(): number {
    return this.#states;
  }

  /** The packet that is worked on. */
  get packet(): Uint8Array {
    this.#look();
    return this.#bytes;
  }

  /** The samples that are worked on. */
  get samples(): Int16Array {
    this.#look();
    return this.#samples;
  }

  /** Takes memory for an encoder or decoder. @throws RangeError when there is none left */
  take(bytes: number): number {
    const state = this.lib.malloc(bytes);
    if (state === 0) throw new RangeError('There is no memory left for Opus');
    this.#states++;
    return state;
  }

  /** Gives it back. */
  giveBack(state: number): void {
    this.lib.free(state);
    this.#states--;
  }

  /** Looks at the memory anew when it has grown, because the old view is then empty. */
  #look(): void {
    const { buffer } = this.lib.memory;
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer, this.packetAt, PACKET_ROOM);
    this.#samples = new Int16Array(buffer, this.samplesAt, SAMPLE_ROOM);
  }
}

let loaded: OpusModule | undefined;

/**
 * libopus of this thread, as WebAssembly: nothing that a packet holds can reach other memory. It is compiled with the first call, which takes
 * some 20 ms, so a thread that carries calls makes it before them.
 */
export function opusModule(): OpusModule {
  loaded ??= loadOpus();
  return loaded;
}

function loadOpus(): OpusModule {
  const files = createRequire(import.meta.url);
  const nothing = (): void => {};
  const { exports } = new WebAssembly.Instance<Libopus>(compileOpus(files), {
    wasi_snapshot_preview1: { fd_seek: nothing, fd_write: nothing, fd_close: nothing, proc_exit: nothing },
    env: { emscripten_notify_memory_growth: nothing },
  });
  exports._initialize();
  return new OpusModule(exports);
}

/** The build with SIMD, or the other on a processor that has none. */
function compileOpus(files: NodeJS.Require): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readFileSync(files.resolve('@evan/opus/wasm/simd.wasm')));
  } catch {
    return new WebAssembly.Module(readFileSync(files.resolve('@evan/opus/wasm/opus.wasm')));
  }
}
