/**
 * sha256_password, MySQL's plugin of 5.6 that 8.0 still has: the server wants the password itself, every time. Inside TLS the client sends it
 * with a NUL behind it (clear-password.ts); elsewhere encrypted with the server's RSA key (rsa-password.ts), for which it may ask first. The
 * empty password is an empty packet or a single NUL.
 * https://dev.mysql.com/doc/refman/8.0/en/sha256-pluggable-authentication.html
 */
export const SHA256_PASSWORD = 'sha256_password';

/** The packet of one byte that asks for the key; the server answers with AuthMoreData. (caching_sha2_password asks with 0x02.) */
export const SHA256_REQUEST_PUBLIC_KEY = 0x01;
