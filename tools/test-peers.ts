/**
 * Run before the tests: makes sure that the foreign phones they call, and other programs of others, are there. Where it may (root on Debian or Ubuntu) it installs
 * what is missing, otherwise it says what to install and fails. A test that needs a peer never skips itself.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const peers = [
  { binary: 'sipp', debianPackage: 'sip-tester' },
  { binary: 'baresip', debianPackage: 'baresip-core' },
  { binary: 'kamailio', debianPackage: 'kamailio' },
  { binary: 'linphone-daemon', debianPackage: 'linphone-cli' },
  { binary: 'rtpengine', debianPackage: 'rtpengine-daemon' },
  { binary: 'multimon-ng', debianPackage: 'multimon-ng' },
  { binary: 'sox', debianPackage: 'sox' },
];
/** Recordings of a speaker, for what must not take speech for keys. */
const speech = { folder: '/usr/share/asterisk/sounds/en_US_f_Allison', debianPackage: 'asterisk-core-sounds-en-gsm' };

/** How long apt may wait for another apt to finish. */
const LOCK_WAIT_SECONDS = 120;

function isInstalled(binary: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => isExecutable(join(directory, binary)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missingPackages(): string[] {
  const programs = peers.filter(({ binary }) => !isInstalled(binary));
  return [...programs, ...(existsSync(speech.folder) ? [] : [speech])].map(({ debianPackage }) => debianPackage);
}

/** Runs apt-get without questions; its output goes to standard error. Answers whether it succeeded. */
function aptGet(...action: string[]): boolean {
  const { status } = spawnSync('apt-get', ['-o', `DPkg::Lock::Timeout=${LOCK_WAIT_SECONDS}`, '-q', ...action], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}

const missing = missingPackages();
if (missing.length > 0) {
  const mayInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  const installed = mayInstall && aptGet('update') && aptGet('install', '-y', '--no-install-recommends', ...missing);
  const left = installed ? missingPackages() : missing;
  if (left.length > 0) {
    process.stderr.write(
      `The tests need programs of others that are not installed here. On Debian or Ubuntu:\n  apt-get install ${left.join(' ')}\n`,
    );
    process.stderr.write(
      'Elsewhere install SIPp (the program sipp), baresip, Kamailio, linphone (the program linphone-daemon), rtpengine, multimon-ng, SoX and the prompts of Asterisk.\n',
    );
    process.exitCode = 1;
  }
}
