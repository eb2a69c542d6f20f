/** Loads every file of `src/contracts/`, so that all types and operations are declared. */
import '../../src/contracts/accounts.ts';
import '../../src/contracts/api-keys.ts';
import '../../src/contracts/authentication.ts';
import '../../src/contracts/calls.ts';
import '../../src/contracts/endpoints.ts';
import '../../src/contracts/entities.ts';
import '../../src/contracts/errors.ts';
import '../../src/contracts/files.ts';
import '../../src/contracts/flows.ts';
import '../../src/contracts/sessions.ts';
import '../../src/contracts/sip-refusals.ts';
import '../../src/contracts/values.ts';
