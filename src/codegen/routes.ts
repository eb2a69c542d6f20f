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
  for (const { verb, path } of eachRoute(operation)) {
    const verbs = verbsByPath.get(path);
    verbsByPath.set(path, verbs === undefined ? verb : `${verbs},${verb}`);
  }
  return [...verbsByPath].map(([path, verbs]) => ({ path, verbs }));
}

/** The verbs that an operation takes, each once. */
export function verbsOf(operation: Operation): readonly string[] {
  return [...new Set(eachRoute(operation).map(({ verb }) => verb))];
}

function eachRoute({ routes }: Operation): readonly { readonly verb: string; readonly path: string }[] {
  return routes.map((route) => {
    const [verb = '', path = ''] = route.split(' ');
    return { verb, path };
  });
}
