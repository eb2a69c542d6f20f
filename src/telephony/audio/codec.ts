import type { AudioCodec } from '../media/media-port.ts';
import type { AudioDecoder, AudioEncoder } from './codec-interface.ts';
import { G711Decoder, G711Encoder } from './g711-codec.ts';
import { G722Decoder, G722Encoder } from './g722.ts';
import { OpusDecoder, OpusEncoder } from './opus.ts';

/** A new encoder. */
export function newEncoder(codec: AudioCodec): AudioEncoder {
  switch (codec) {
    case 'PCMU':
    case 'PCMA':
      return new G711Encoder(codec);
    case 'G722':
      return new G722Encoder();
    case 'opus':
      return new OpusEncoder();
  }
}

/** A new decoder. */
export function newDecoder(codec: AudioCodec): AudioDecoder {
  switch (codec) {
    case 'PCMU':
    case 'PCMA':
      return new G711Decoder(codec);
    case 'G722':
      return new G722Decoder();
    case 'opus':
      return new OpusDecoder();
  }
}
