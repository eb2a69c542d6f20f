import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { openApi2 } from '../codegen/openapi-2.ts';
import { openApi3 } from '../codegen/openapi-3.ts';
import { version } from '../version.ts';
import { parseAddress } from './address.ts';
import { KeptDocuments } from './kept-documents.ts';
import { baseUrlOf, type PublicAddress } from './public-url.ts';

/** The script of the reference page, from the package that it comes in: nothing is fetched from elsewhere. */
const script = fileURLToPath(new URL('js/standalone.js', import.meta.resolve('@scalar/fastify-api-reference')));
const A_DAY_SECONDS = 86_400;

/** What the script may do: ask this server. It styles itself, and holds its fonts and pictures. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  'font-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const configuration = {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  hideDownloadButton: false,
  // They send the description to the makers of the reference, and are shown at localhost unless it says so.
  showDeveloperTools: 'never',
};

// What the script hides from eyes but not from screen readers is beside the page, so a phone would scroll there.
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference</title>
<link rel="icon" href="data:,">
<style>html,body{overflow-x:clip}</style>
</head>
<body>
<noscript>This page needs a script. The same is at <a href="/metadata">/metadata</a>, and for programs at <a href="/openapi.json">/openapi.json</a> and <a href="/openapi">/openapi</a>.</noscript>
<script id="api-reference" data-url="/openapi.json" data-configuration="${JSON.stringify(configuration).replaceAll('"', '&quot;')}"></script>
<script src="/docs/scalar.js"></script>
</body>
</html>
`;

/** Descriptions of the API for machines, and the reference that is made of them (servicestack.md 7; 10, D12). */
export function addOpenApiRoutes(app: FastifyInstance, options: PublicAddress): void {
  const documents = new KeptDocuments();
  app.get('/openapi', (request, reply) => {
    // The suffix has been cut off the address: openapi.json is the newer form of the same.
    const make = parseAddress(request.originalUrl).suffix?.name === 'json' ? openApi3 : openApi2;
    const baseUrl = baseUrlOf(request, options);
    documents.send(reply, make.name, baseUrl, () => make(baseUrl, version));
  });
  for (const url of ['/docs', '/swagger-ui']) app.get(url, sendPage);
  app.get('/docs/scalar.js', sendScript);
}

function sendPage(_request: FastifyRequest, reply: FastifyReply): void {
  reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .header('referrer-policy', 'same-origin')
    .send(page);
}

async function sendScript(_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { size } = await stat(script);
  reply
    .header('content-type', 'text/javascript; charset=utf-8')
    .header('content-length', size)
    .header('cache-control', `public, max-age=${A_DAY_SECONDS}`);
  return reply.send(createReadStream(script));
}
