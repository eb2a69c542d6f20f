/**
 * `npm run faults`: puts each fault of the lists into a copy of the sources, one at a time, and looks whether its test fails.
 * First those tests are run without any fault, and have to pass. `npm run faults -- glare` tries the faults with that in their name
 * or that is the name of a list; `-- --why` also prints what the test said.
 */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { lists } from './all.ts';
import type { Fault } from './fault.ts';
import { runTests } from './run-tests.ts';
import { copySources, type SourceCopy } from './source-copy.ts';
import { type Verdict, verdictOf } from './verdict.ts';

const command = new Command('faults')
  .description('Puts faults into a copy of the sources, and looks whether a test sees each.')
  .argument('[part]', 'the name of a list, or a part of the names of faults')
  .option('--why', 'print what the tests said')
  .option('--unproved', 'do not run the tests without faults first')
  .parse();
const part = command.args[0]?.toLowerCase();
const options: { why?: boolean; unproved?: boolean } = command.opts();

const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

function chosenFaults(): Fault[] {
  return [...lists].flatMap(([subject, faults]) =>
    part === undefined || part === subject ? faults : faults.filter(({ name }) => name.toLowerCase().includes(part)),
  );
}

async function tryFault(copy: SourceCopy, fault: Fault, signal: AbortSignal): Promise<Verdict> {
  try {
    using _planted = copy.plant(fault);
    const report = await runTests(copy.folder, [fault.test], fault.testName, signal);
    return report ? verdictOf(report) : { isRed: false, told: 'the tests did not come to an end', message: '' };
  } catch (error) {
    return { isRed: false, told: 'cannot be put in', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Answers what fails, or undefined. */
async function failureWithout(copy: SourceCopy, faults: readonly Fault[], signal: AbortSignal): Promise<string | undefined> {
  for (const test of new Set(faults.map((fault) => fault.test))) {
    const report = await runTests(copy.folder, [test], undefined, signal);
    if (report?.testResults.length !== 1 || report.testResults[0]?.status !== 'passed') return test;
  }
  return undefined;
}

async function run(signal: AbortSignal): Promise<boolean> {
  const faults = chosenFaults();
  const begunMs = performance.now();
  using copy = copySources(fileURLToPath(new URL('../..', import.meta.url)));
  const failing = options.unproved ? undefined : await failureWithout(copy, faults, signal);
  if (failing !== undefined) {
    say(`${failing} does not pass without a fault`);
    return false;
  }
  let red = 0;
  for (const fault of faults) {
    if (signal.aborted) return false;
    const triedMs = performance.now();
    const { isRed, told, message } = await tryFault(copy, fault, signal);
    if (isRed) red += 1;
    say(`${isRed ? 'red' : 'NOT RED'}: ${fault.name} | ${fault.test}: ${told} | ${seconds(triedMs)}`);
    if (message !== '' && (options.why || !isRed)) say(`    ${message}`);
  }
  say(`${red} red, ${faults.length - red} not red, ${seconds(begunMs)}`);
  return faults.length > 0 && red === faults.length;
}

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
if (!(await run(interrupted.signal))) process.exitCode = 1;
