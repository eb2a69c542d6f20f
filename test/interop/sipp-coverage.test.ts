import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// Every scenario of sipp meets every bad network. `scenario()` sees to that; here is that nothing goes past it.

const tests = fileURLToPath(new URL('..', import.meta.url));

/** Calls of the whole server to sipp. */
const toSipp = ['server/large-invite.test.ts'];
/** Calls of sipp to the whole server. */
const toServer = [
  'interop/incoming-sipp.test.ts',
  'interop/sipped-parties.test.ts',
  'interop/sipped-trunks.test.ts',
  'server/ipv6-calls.test.ts',
];
/** Calls and requests of the whole server to sipps that are hosts of its trunks. */
const ofTrunks = ['interop/sipped-parties.test.ts', 'interop/sipped-trunks.test.ts'];

async function testFiles(): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const names = (await readdir(tests, { recursive: true })).filter((name) => name.endsWith('.test.ts')).sort();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(`${tests}/${name}`, 'utf8') })));
}

describe('scenarios of sipp', () => {
  it('are played by nothing but scenario(), save calls of the whole server', async () => {
    const files = await testFiles();
    const direct = files.filter(({ text }) => /support\/sipp\.ts'/.test(text)).map(({ name }) => name);
    expect(direct).toEqual(toSipp);
    const calling = files.filter(({ text }) => /support\/sipp-to-server\.ts'/.test(text));
    expect(calling.map(({ name }) => name)).toEqual(toServer);
    for (const name of toSipp)
      expect(files.find((file) => file.name === name)?.text, name).toMatch(/describe\.each\(Object\.keys\(badNetworks\)\)/);
    for (const { name, text } of calling) expect(text, name).toMatch(/\bways\b[\s\S]*\bsippCallsServer\(/);
    const serving = files.filter(({ text }) => /support\/sipp-of-trunk\.ts'/.test(text));
    expect(serving.map(({ name }) => name)).toEqual(ofTrunks);
    for (const { name, text } of serving) {
      expect(text, name).toMatch(/\bsippOfTrunk\(/);
      expect(text.match(/describe\.each\((\w+)\)/g), name).toEqual(text.match(/describe\.each\(ways\)/g));
      expect(text.match(/^ {2}it\b/gm)?.length, name).toBe(text.match(/\bit\.\w+\(/g)?.length);
    }
    const ours = files.filter(({ name, text }) => /^interop\/sipp-/.test(name) && name !== 'interop/sipp-coverage.test.ts' && text);
    expect(ours.length).toBeGreaterThan(10);
    for (const { name, text } of ours) {
      expect(text, name).toMatch(/\bscenario(?:Over(?:\[transport\]|\.\w+))?\(/);
      expect(text, name).not.toMatch(/\b(it|test)(\.\w+)*\(/);
    }
  });

  it('that are files are all played there', async () => {
    const played = (await testFiles()).filter(({ name }) => /^interop\/sipp-/.test(name)).map(({ text }) => text);
    const files = (await readdir(`${tests}/interop/sipp`)).map((name) => name.replace('.xml', ''));
    expect(files.filter((name) => !played.some((text) => text.includes(`'${name}'`)))).toEqual([]);
  });
});
