<?php
// What the PHP programs of the matrix share: runs the scenarios named in the environment and prints a line for each.
const TEXT = "Größe 漢字 😀 עברית e\u{301} ' \" \\ % end";
const LARGE_BYTES = 20 * 1024 * 1024;
ini_set('memory_limit', '512M');

class Skip extends Exception {}

function allBytes(): string {
    return implode('', array_map('chr', range(0, 255)));
}

function largeBlob(): string {
    $words = [];
    for ($i = 0; $i < LARGE_BYTES; $i += 4) $words[] = pack('V', (($i * 2654435761) ^ ($i >> 3)) & 0xffffffff);
    return implode('', $words);
}

function same(mixed $actual, mixed $expected, string $what): void {
    if ($actual != $expected) throw new Exception("$what: " . show($actual) . ' instead of ' . show($expected));
}

function show(mixed $value): string {
    $list = [$value];
    array_walk_recursive($list, function (&$one) {
        if (is_string($one) && preg_match('//u', $one) !== 1) $one = 'hex:' . bin2hex($one);
    });
    return json_encode($list[0], JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION);
}

function everyType(): array {
    return [-128, 255, -32768, -8388608, -2147483648, 4294967295, '-9223372036854775808', '18446744073709551615', '-12345678901234567890.0123456789',
        -1.5, 1e100, '2024-02-29', '-123:59:58.654321', '2024-02-29 23:59:58.123456', '2001-09-09 01:46:40.500', 2155, 'ten', 'Größe 漢字 😀',
        hex2bin('00ff0a27'), hex2bin('00fffe5c27220d0a1a'), hex2bin('ffd8ffe000104a46'), "it's \\ a \"text\"", 'größer', 'x,z', '{"a": [1, null, "ä"]}', 2730, null];
}

function runScenarios(string $version, array $scenarios): void {
    echo "version $version\n";
    foreach (explode(',', getenv('SCENARIOS')) as $name) {
        $line = fn (string $status, mixed $detail) => print("$status $name: " . preg_replace('/\s+/', ' ', (string) $detail) . "\n");
        $work = $scenarios[$name] ?? 'not a thing of this client';
        if (is_string($work)) {
            $line('skip', $work);
            continue;
        }
        try {
            $line('ok', $work());
        } catch (Skip $reason) {
            $line('skip', $reason->getMessage());
        } catch (Throwable $error) {
            $line('not ok', get_class($error) . ' ' . $error->getCode() . ' ' . $error->getMessage());
        }
    }
}
