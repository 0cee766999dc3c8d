/* Multiples of the base point of P-256 by the way that serves every other point.
 *
 * ring keeps 37 * 64 of them in a table of 151,552 bytes, which pays for servers that sign thousands of times a second. A
 * client does this twice a handshake; each takes some 80 microseconds longer so. The linker puts these functions in the
 * place of ring's (--wrap), and the table falls away. Both are ring's own constant-time code underneath.
 * RING(x) is the name that this version of ring gives to x; .cargo/build-musl defines it. */
typedef unsigned long Limb; /* of 64 bits on every target; a header would have to be there for each */
enum { LIMBS = 4 };

/* x and y in the Montgomery form of the field, least limb first, as the tests of ring have them. */
static const Limb X[LIMBS] = {0x79e730d418a9143cu, 0x75ba95fc5fedb601u, 0x79fb732b77622510u, 0x18905f76a53755c6u};
static const Limb Y[LIMBS] = {0xddf25357ce95560au, 0x8b4ab8e4ba19e45cu, 0xd2e88688dd21f325u, 0x8571ff1825885d85u};

void RING(p256_point_mul)(Limb product[3][LIMBS], const Limb factor[LIMBS], const Limb x[LIMBS], const Limb y[LIMBS]);

void WRAPPED(p256_point_mul_base)(Limb product[3][LIMBS], const Limb factor[LIMBS]) { RING(p256_point_mul)(product, factor, X, Y); }
void WRAPPED(p256_point_mul_base_vartime)(Limb product[3][LIMBS], const Limb factor[LIMBS]) { RING(p256_point_mul)(product, factor, X, Y); }
