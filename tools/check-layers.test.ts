import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkLayers } from './check-layers.ts';

/** A file, what it imports, and the rule that this breaks; no rule where it is allowed. */
const planted: readonly (readonly [file: string, imports: string, rule?: string])[] = [
  ['src/sessions/up.ts', '../http/server.ts', 'no-import-up-from-sessions'],
  ['src/directory/up.ts', '../sessions/ok.ts', 'no-import-up-from-directory'],
  ['src/flow/up.ts', '../directory/ok.ts', 'no-import-up-from-flow'],
  ['src/speech/up.ts', '../flow/define-node.ts', 'no-import-up-from-speech'],
  ['src/telephony/up.ts', '../speech/ok.ts', 'no-import-up-from-telephony'],
  ['src/wire/up.ts', '../telephony/port.ts', 'no-import-up-from-wire'],
  ['src/kernel/up.ts', '../wire/wire.ts', 'kernel-imports-nothing-of-ours'],
  ['src/kernel/contract.ts', '../contracts/dto.ts', 'kernel-imports-nothing-of-ours'],
  ['src/contracts/layer.ts', '../wire/wire.ts', 'contracts-imports-only-what-it-may'],
  ['src/contracts/io.ts', 'node:fs', 'contracts-are-pure'],
  ['src/contracts/library.ts', 'fastify', 'contracts-know-only-the-schema-library'],
  ['src/formats/layer.ts', '../wire/wire.ts', 'formats-imports-only-what-it-may'],
  ['src/store/layer.ts', '../wire/wire.ts', 'store-imports-only-what-it-may'],
  ['src/http/rows.ts', '../store/ok.ts', 'store-is-used-below-sessions'],
  ['src/sessions/text.ts', '../formats/ok.ts', 'formats-are-used-by-http-and-codegen'],
  ['src/codegen/layer.ts', '../directory/ok.ts', 'codegen-imports-only-what-it-may'],
  ['src/callbacks/layer.ts', '../directory/ok.ts', 'callbacks-imports-only-what-it-may'],
  ['src/cli/pages.ts', '../codegen/ok.ts', 'codegen-is-used-by-http'],
  ['src/directory/post.ts', '../callbacks/ok.ts', 'callbacks-are-sent-by-sessions'],
  ['src/flow/sip.ts', '../telephony/sip/ok.ts', 'flows-see-only-the-port'],
  ['src/sessions/udp.ts', '../wire/missing.ts', 'flows-see-only-the-port'],
  ['src/flow/nodes/other.ts', './fine.ts', 'nodes-see-only-the-port'],
  ['src/flow/nodes/interpreter.ts', '../template.ts', 'nodes-see-only-the-port'],
  ['src/flow/nodes/io.ts', 'node:fs', 'nodes-do-no-io'],
  ['src/telephony/sip/sound.ts', '../audio/ok.ts', 'signalling-knows-no-sound'],
  ['src/telephony/media/sip.ts', '../sip/ok.ts', 'sound-knows-no-signalling'],
  ['src/telephony/rtp/up.ts', '../media/ok.ts', 'no-import-up-from-rtp'],
  ['src/telephony/audio/up.ts', '../rtp/ok.ts', 'no-import-up-from-audio'],
  ['src/telephony/media/engine.ts', '../engine.ts', 'engine-is-on-top-of-telephony'],
  ['src/sessions/start.ts', '../main.ts', 'only-main-builds'],
  ['src/cli/reach.ts', '../sessions/ok.ts', 'commands-go-through-the-api'],
  ['src/main.ts', './cli/phone.ts', 'main-takes-settings-only'],
  ['src/wire/test.ts', './wire.test.ts', 'production-knows-no-tests'],
  ['src/wire/missing.ts', './nowhere.ts', 'everything-resolves'],
  ['src/speech/first.ts', './second.ts', 'no-cycles'],
  ['src/speech/second.ts', './first.ts'],
  // What must stay allowed; the cycle above is reported once.
  ['src/http/server.ts', '../sessions/ok.ts'],
  ['src/sessions/ok.ts', '../store/ok.ts'],
  ['src/directory/ok.ts', '../store/ok.ts'],
  ['src/directory/words.ts', '../wire/wire.ts'],
  ['src/flow/define-node.ts', '../telephony/port.ts'],
  ['src/flow/template.ts', '../contracts/dto.ts'],
  ['src/flow/nodes/fine.ts', '../define-node.ts'],
  ['src/flow/nodes/index.gen.ts', './fine.ts'],
  ['src/flow/nodes/fine.test.ts', '../../telephony/media/ok.ts'],
  ['src/speech/ok.ts', '../telephony/audio/ok.ts'],
  ['src/telephony/engine.ts', './sip/ok.ts'],
  ['src/telephony/port.ts', './audio/ok.ts'],
  ['src/telephony/sip/ok.ts', '../../wire/wire.ts'],
  ['src/telephony/sdp/ok.ts', '../media/media-port.ts'],
  ['src/telephony/media/ok.ts', '../rtp/ok.ts'],
  ['src/telephony/media/media-port.ts', '../audio/ok.ts'],
  ['src/telephony/rtp/ok.ts', '../audio/ok.ts'],
  ['src/telephony/audio/ok.ts', '../../kernel/clock.ts'],
  ['src/wire/wire.ts', '../kernel/clock.ts'],
  ['src/wire/wire.test.ts', '../telephony/port.ts'],
  ['src/kernel/clock.ts', 'node:crypto'],
  ['src/contracts/dto.ts', 'typebox'],
  ['src/formats/ok.ts', '../contracts/dto.ts'],
  ['src/codegen/ok.ts', '../formats/ok.ts'],
  ['src/callbacks/ok.ts', '../contracts/dto.ts'],
  ['src/store/ok.ts', '../contracts/dto.ts'],
  ['src/cli/phone.ts', '../telephony/sip/ok.ts'],
  ['src/cli/serve.ts', '../main.ts'],
  ['test/whole-call.test.ts', '../src/main.ts'],
];

describe('the layer rules', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringflow-layers-'));
    symlinkSync(fileURLToPath(new URL('../node_modules', import.meta.url)), join(directory, 'node_modules'));
    for (const [file, imports] of planted) {
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      writeFileSync(join(directory, file), `import type * as imported from '${imports}';\nexport type Imported = typeof imported;\n`);
    }
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  it('find every planted import, also of types, and nothing else', async () => {
    const { violations } = await checkLayers(directory);
    const found = violations.map(({ rule, from }) => `${from}: ${rule}`);
    const expected = planted.flatMap(([file, , rule]) => (rule ? [`${file}: ${rule}`] : []));
    expect([...new Set(found)].sort()).toEqual(expected.sort());
  });

  it('refuse to pass on nothing', async () => {
    const empty = join(directory, 'empty');
    mkdirSync(join(empty, 'src'), { recursive: true });
    await expect(checkLayers(empty)).rejects.toThrow('No module was seen');
  });
});
