// An AsyncAPI document by the official parser and its rules, and each example by the schemas that the document gives.
// The arguments: FILE, and optionally BROKEN for the same with a wrong example.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';

const [file, broken] = process.argv.slice(2);
const text = JSON.parse(readFileSync(file, 'utf8'));
if (broken) text.components.messages.Story.examples[0].payload.article_count = 'several';

const { document, diagnostics } = await new Parser().parse(JSON.stringify(text));
// 0 is an error, 1 a warning; the rest are hints.
const wrong = diagnostics.filter((each) => each.severity <= 1).map((each) => `${each.path.join('.')}: ${each.message}`);

const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema(text, 'document');
let examples = 0;
for (const [name, message] of Object.entries(text.components.messages)) {
  for (const example of message.examples ?? []) {
    examples += 1;
    for (const part of ['payload', 'headers']) {
      const valid = ajv.compile({ $ref: `document#/components/messages/${name}/${part}` });
      if (!valid(example[part])) wrong.push(`${name}'s ${part}: ${ajv.errorsText(valid.errors)}`);
    }
  }
}
for (const each of wrong) console.error(each);
if (!document || wrong.length) process.exit(1);
console.log(`${document.channels().all().length} channels, ${document.messages().all().length} messages, ${examples} examples`);
