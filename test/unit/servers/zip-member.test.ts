import { deflateRawSync } from 'node:zlib';
import t from 'tap';
import { readZipMember } from '../../servers/zip-member.js';

/** A zip archive as of APPNOTE 6.3, without checksums, which nothing here reads. */
function zip(files: readonly { name: string; bytes: Buffer; deflate: boolean }[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, deflate } of files) {
    const packed = deflate ? deflateRawSync(bytes) : bytes;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(5, 28); // an extra field that the directory does not have
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(deflate ? 8 : 0, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(bytes.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    parts.push(local, Buffer.from(name), Buffer.alloc(5), packed);
    directory.push(entry, Buffer.from(name));
    at += 30 + name.length + 5 + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end, Buffer.from('a comment')]);
}

t.test('a member of a zip archive', async (t) => {
  const long = Buffer.from('pointsman '.repeat(500));
  const archive = zip([
    { name: 'stored', bytes: Buffer.from('as it is'), deflate: false },
    { name: 'folder/deflated', bytes: long, deflate: true },
  ]);
  t.equal(readZipMember(archive, 'stored').toString(), 'as it is');
  t.same(readZipMember(archive, 'folder/deflated'), long);
  t.throws(() => readZipMember(archive, 'deflated'), { message: 'deflated is not in the archive' });
  t.throws(() => readZipMember(Buffer.from('<html>no such file</html>'.repeat(4)), 'stored'), { message: 'not a zip archive' });
});
