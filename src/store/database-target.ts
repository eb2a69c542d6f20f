/** Where the database is. */
export type DatabaseTarget =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'socket'; readonly path: string; readonly user: string; readonly password: string; readonly database: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
    };
