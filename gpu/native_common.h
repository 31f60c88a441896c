/* What both precisions use: types, one fused operation, numbers as bits. Every function here and in native_f32.h and
   native_f64.h (but sin and cos of float64) is without branches, so that a loop over it becomes vector code, and says
   each fused multiply-add itself, so that its result does not depend on how the compiler contracts: an element has the
   same bits in the vector part of a loop, in its remainder and alone. */
#include <stdint.h>
#include <math.h>
#include <float.h>

#define VC_INLINE static inline __attribute__((always_inline, unused))

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__aarch64__)
#define VC_FMA(a, b, c) __builtin_fma(a, b, c)
#define VC_FMAF(a, b, c) __builtin_fmaf(a, b, c)
#else /* two roundings instead of one: slower in software would be the exact one */
#define VC_FMA(a, b, c) ((a) * (b) + (c))
#define VC_FMAF(a, b, c) ((a) * (b) + (c))
#endif

VC_INLINE uint32_t vc_bits_f32(float x) { uint32_t u; __builtin_memcpy(&u, &x, 4); return u; }
VC_INLINE float vc_from_bits_f32(uint32_t u) { float x; __builtin_memcpy(&x, &u, 4); return x; }
VC_INLINE uint64_t vc_bits_f64(double x) { uint64_t u; __builtin_memcpy(&u, &x, 8); return u; }
VC_INLINE double vc_from_bits_f64(uint64_t u) { double x; __builtin_memcpy(&x, &u, 8); return x; }

/* x * x - h, exact, for h the rounded square of x (Dekker 1971 where nothing is fused). */
VC_INLINE double vc_square_rest(double x, double h) {
#ifdef __FP_FAST_FMA
    return __builtin_fma(x, x, -h);
#else
    double c = 134217729.0 * x, a = c - (c - x), b = x - a;
    return ((a * a - h) + 2 * a * b) + b * b;
#endif
}
