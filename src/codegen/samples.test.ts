import { describe, expect, it } from 'vitest';
import '../../test/support/every-contract.ts';
import { bodySamples, messageSamples } from './samples.ts';
import { type ShownFormat, shownFormats } from './shown-formats.ts';
import { type ModelOperation, typeModel } from './type-model.ts';

function operationNamed(name: string): ModelOperation {
  const operation = typeModel().operationNamed(name);
  if (!operation) throw new Error(`No operation ${name}`);
  return operation;
}

function formatNamed(name: string): ShownFormat {
  const format = shownFormats.find((one) => one.name === name);
  if (!format) throw new Error(`No format ${name}`);
  return format;
}

const messagesOf = (operation: string, format: string) =>
  messageSamples(operationNamed(operation), formatNamed(format), 'voice.example:8080');

const jsonBody = '{"flowId":"String","numberToDial":"String","callerId":"String"}';

describe('the sample of a request', () => {
  it.each([
    ['json', 'application/json', jsonBody],
    ['jsv', 'text/jsv', '{\n\tflowId: String,\n\tnumberToDial: String,\n\tcallerId: String\n}'],
    ['csv', 'text/csv', jsonBody],
    ['jsonl', 'text/jsonl', jsonBody],
  ])('in %s has its head and a value for every member', (format, contentType, body) => {
    const head = `Accept: ${contentType}\nContent-Type: ${contentType}\nContent-Length: length`;
    expect(messagesOf('NewOutgoingSession', format)).toEqual({
      request: `POST /sessions/outgoing HTTP/1.1 \nHost: voice.example:8080 \n${head}\n\n${body}`,
      response: undefined,
    });
  });

  it('has no body where the verb has none', () => {
    const { request } = messagesOf('EndSession', 'xml');
    expect(request).toBe('DELETE /sessions/{sessionId} HTTP/1.1 \nHost: voice.example:8080 \nAccept: application/xml');
  });

  it('is by the verb that clients use, on its first route', () => {
    expect(messagesOf('Authenticate', 'json').request).toMatch(/^POST \/auth HTTP/);
  });
});

describe('the sample of an answer', () => {
  it('has its status, and a value of every kind', () => {
    expect(messagesOf('ListFiles', 'json').response).toBe(
      'HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: length\n\n' +
        '{"items":[{"id":"String","dateCreated":"String","dateLastModified":"String","createdBy":"String","lastModifiedBy":"String",' +
        '"type":"Upload","accountId":"String","accountName":"String","fileName":"String","uri":"String","contentType":"String",' +
        '"contentLength":0,"recordingDuration":0,"sessionId":"String"}],"totalCount":0,"totalPages":0,"hasMorePages":false}',
    );
    expect(messagesOf('PlaceCall', 'json').response).toMatch(/^HTTP\/1.1 201 Created\n/);
  });

  it('ends where a type leads back to itself', () => {
    const { request = '' } = bodySamples(operationNamed('NewFlow'), formatNamed('json'));
    expect(request).toContain('"parameters":{"String":');
    expect(request.length).toBeLessThan(10_000);
  });
});
