/** What we call of the package, which has no types of its own. All pointers are byte offsets into the heap. */
declare module '@echogarden/speex-resampler-wasm' {
  export interface SpeexResamplerModule {
    /** Views are made anew when the heap grows: read them from the module each time. */
    readonly HEAPF32: Float32Array;
    readonly HEAP32: Int32Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _speex_resampler_init(channels: number, fromRate: number, toRate: number, quality: number, errorAt: number): number;
    _speex_resampler_destroy(state: number): void;
    _speex_resampler_skip_zeros(state: number): number;
    _speex_resampler_get_input_latency(state: number): number;
    _speex_resampler_process_float(
      state: number,
      channel: number,
      inputAt: number,
      inputLengthAt: number,
      outputAt: number,
      outputLengthAt: number,
    ): number;
  }
  export default function loadSpeexResampler(): Promise<SpeexResamplerModule>;
}
