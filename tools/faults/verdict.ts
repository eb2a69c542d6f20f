/** What vitest's reporter `json` tells of a run, as far as it counts here. */
export interface TestReport {
  readonly testResults: readonly {
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Whether a test failed, which one or why not, and what it said. */
export interface Verdict {
  readonly isRed: boolean;
  readonly told: string;
  readonly message: string;
}

/** A fault that cannot run at all shows nothing of a test. */
const BROKEN_CODE = /^(SyntaxError|ReferenceError)/;

const firstLine = (text: string | undefined): string => (text ?? '').split('\n', 1)[0] ?? '';

/** Judges the run of a test with a fault. Only a test that was run and failed makes it red; a file that cannot be loaded does not. */
export function verdictOf({ testResults }: TestReport): Verdict {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.find(({ status }) => status === 'failed');
  if (failed) {
    const message = firstLine(failed.failureMessages[0]);
    return { isRed: !BROKEN_CODE.test(message), told: failed.fullName, message };
  }
  const unloaded = testResults.find(({ status }) => status === 'failed');
  if (unloaded) return { isRed: false, told: 'no test failed, but the file did', message: firstLine(unloaded.message) };
  const passed = tests.filter(({ status }) => status === 'passed').length;
  return { isRed: false, told: passed === 0 ? 'no test has that name' : `${passed} passed`, message: '' };
}
