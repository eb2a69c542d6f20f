import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import extractConfiguration from 'dependency-cruiser/config-utl/extract-depcruise-config';

/** An import that a rule of .dependency-cruiser.cjs forbids. */
export interface LayerViolation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
  readonly comment: string | undefined;
}

const repository = fileURLToPath(new URL('..', import.meta.url));

/**
 * Holds the rules of .dependency-cruiser.cjs against the sources under `directory`.
 * @throws when not one module was seen: a check that looks at nothing would pass for ever.
 */
export async function checkLayers(directory: string): Promise<{ modules: number; violations: LayerViolation[] }> {
  const { forbidden, options } = await extractConfiguration(join(repository, '.dependency-cruiser.cjs'));
  const roots = ['src', 'test'].filter((root) => existsSync(join(directory, root)));
  const { output } = await cruise(roots, { ...options, baseDir: directory, validate: true, ruleSet: { forbidden: forbidden ?? [] } });
  if (typeof output === 'string') throw new Error(output);
  const { summary } = output;
  if (summary.totalCruised === 0) throw new Error(`No module was seen under ${directory}: is TypeScript below 7 installed?`);
  const comments = new Map((forbidden ?? []).map((rule) => [rule.name, rule.comment]));
  return {
    modules: summary.totalCruised,
    violations: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to, comment: comments.get(rule.name) })),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { modules, violations } = await checkLayers(repository);
  for (const { rule, from, to, comment } of violations)
    process.stderr.write(`${rule}: ${from} -> ${to}${comment ? ` (${comment})` : ''}\n`);
  process.stdout.write(`${modules} modules, ${violations.length} forbidden imports\n`);
  if (violations.length > 0) process.exitCode = 1;
}
