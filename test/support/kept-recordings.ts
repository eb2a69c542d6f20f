import type { Recordings } from '../../src/flow/flow-host.ts';

/** The recordings of a session that go into the file at `path`, and what was kept of them. */
export function keptRecordings(path: string): { readonly recordings: Recordings; readonly saved: Parameters<Recordings['save']>[0][] } {
  const saved: Parameters<Recordings['save']>[0][] = [];
  const recordings: Recordings = {
    newPath: () => path,
    leave: () => {},
    save: async (recorded) => {
      saved.push(recorded);
      return 'file-1';
    },
    discard: async () => {},
  };
  return { recordings, saved };
}
