import type { TypesRequest } from '../../src/codegen/type-options.ts';

/** A request for generated code with options, at a fixed time. */
export function typesRequest(options: Readonly<Record<string, string>> = {}): TypesRequest {
  return { nowMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), version: '1.2.3', baseUrl: 'https://voice.example', query: Object.entries(options) };
}
