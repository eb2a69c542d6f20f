#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CallOptions } from './commands/call.ts';
import type { DemoOptions } from './commands/demo.ts';
import type { PhoneOptions } from './commands/phone.ts';
import { settingDescriptions } from './settings.ts';

/** A whole number given on the command line. */
function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printError(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Aborted at the first Ctrl-C or SIGTERM, so that a command can clean up. A second one ends the process. */
function onFirstSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error('Stopped.'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

function environmentHelp(): string {
  const width = Math.max(...settingDescriptions.map(({ variable }) => variable.length));
  const lines = settingDescriptions.map(
    ({ variable, description, whenAbsent }) =>
      `  ${variable.padEnd(width)}  ${description}\n  ${''.padEnd(width)}  If absent: ${whenAbsent}.`,
  );
  return `\nEnvironment variables:\n${lines.join('\n')}`;
}

const program = new Command('ringflow')
  .description('Places a phone call and runs a flow the moment it is answered.')
  .showHelpAfterError('(ringflow --help shows the commands)');

program
  .command('serve')
  .description(
    'Start the server: API, flows, SIP and database. SIGTERM stops it gracefully, a second one at once; SIGHUP has it read its certificates again.',
  )
  .addHelpText('after', environmentHelp())
  .action(async () => {
    const [{ serve }, { startRingflow }] = await Promise.all([import('./commands/serve.ts'), import('../main.ts')]);
    process.exitCode = await serve({
      environment: process.env,
      start: startRingflow,
      signals: process,
      print,
      printError,
      exit: (code) => process.exit(code),
    });
  });

const server = {
  url: new Option('--url <address>', 'address of the API').env('RINGFLOW_URL').default('http://127.0.0.1:8080'),
  user: new Option('--user <email>', 'login').env('RINGFLOW_USER').makeOptionMandatory(),
  password: new Option('--password <password>', 'its password').env('RINGFLOW_PASSWORD').makeOptionMandatory(),
};

program
  .command('call')
  .description('Place a call through the API and follow it to its end. Exit status 0 if it was completed.')
  .argument('<number>', 'E.164 number to dial, for example +18144043093')
  .requiredOption('--flow <id>', 'flow to run when the call is answered')
  .option('--caller-id <number>', 'E.164 number of the account to call from')
  .addOption(server.url)
  .addOption(server.user)
  .addOption(server.password)
  .action(async (number: string, options: Omit<CallOptions, 'number'>) => {
    const { call } = await import('./commands/call.ts');
    process.exitCode = await call({ number, ...options }, print, onFirstSignal());
  });

program
  .command('phone')
  .description('A test phone: answers calls on SIP, sends digits, records what it hears. Prints one line of JSON for each event.')
  .option('--host <address>', 'IP address to listen on', '127.0.0.1')
  .option('--port <port>', 'SIP port, UDP and TCP; 0 for any free one', whole, 5070)
  .option('--answer-after <ms>', 'milliseconds from the INVITE to the answer', whole, 0)
  .option('--ring', 'send 180 Ringing until the answer')
  .option('--reject <status>', 'refuse every call with this SIP status, for example 486', whole)
  .option('--digits <digits>', 'digits to press: 0-9 * # A-D, w waits half a second')
  .option('--digits-after <ms>', 'milliseconds from the answer to the first digit', whole, 1000)
  .option('--record <file>', 'WAV file for what is heard (16 bit, 8000 Hz); the second call goes to FILE-2 and so on')
  .option('--codecs <names...>', 'codecs it has, of PCMU, PCMA, G722 and opus; all when absent')
  .option('--hang-up-after <ms>', 'milliseconds from the answer to hanging up', whole)
  .option('--user <name>', 'demand digest authentication with this user name')
  .option('--password <password>', 'and this password')
  .option('--calls <count>', 'leave after so many calls', whole)
  .action(async (options: PhoneOptions) => {
    const { phone } = await import('./commands/phone.ts');
    process.exitCode = await phone(options, print, onFirstSignal());
  });

program
  .command('demo')
  .description('Start a server and a test phone on free ports, call the one from the other, and show what happened.')
  .option('--keep', 'keep the data folder and the logs')
  .action(async (options: DemoOptions) => {
    const { demo } = await import('./commands/demo.ts');
    process.exitCode = await demo(options, print, onFirstSignal());
  });

await program.parseAsync().catch((error: unknown) => {
  printError(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
