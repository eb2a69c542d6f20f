import type { Operation } from '../contracts/dto.ts';

export interface Route {
  /** `/sessions/{sessionId}` */
  readonly path: string;
  /** `GET,POST` */
  readonly verbs: string;
}

/** The routes of an operation as ServiceStack declares them: one for each path, with its verbs (servicestack.md 5.3). */
export function routesOf(operation: Operation): readonly Route[] {
  const verbsByPath = new Map<string, string>();
  for (const route of operation.routes) {
    const [verb = '', path = ''] = route.split(' ');
    const verbs = verbsByPath.get(path);
    verbsByPath.set(path, verbs === undefined ? verb : `${verbs},${verb}`);
  }
  return [...verbsByPath].map(([path, verbs]) => ({ path, verbs }));
}
