/* float64. The bounds are declared in native_math.py and sampled by native_check.py. NaN goes to NaN. */

#define VC_MAGIC_F64 0x1.8p52 /* t + magic - magic is t rounded to an integer, for |t| < 2^51 */
#define VC_LN2_HI 0x1.62e42feep-1 /* 32 bits: its product with a count of up to 21 bits is exact */
#define VC_LN2_LO 0x1.a39ef35793c76p-33

/* e^z = 2^n (1 + m), m in [-0.3, 0.42]; the bits of n + 2048 in *n. For |z| < 1000. */
VC_INLINE double vc_expm1_reduced_f64(double z, uint64_t *n) {
    double t = VC_FMA(z, 0x1.71547652b82fep0, VC_MAGIC_F64), k = t - VC_MAGIC_F64;
    double r = VC_FMA(k, -VC_LN2_HI, z);
    r = VC_FMA(k, -VC_LN2_LO, r);
    double q = 0x1.ae6ba596c1027p-26;
    q = VC_FMA(q, r, 0x1.28a206d7770e7p-22);
    q = VC_FMA(q, r, 0x1.71de8828eeedp-19);
    q = VC_FMA(q, r, 0x1.a019a74a2f93cp-16);
    q = VC_FMA(q, r, 0x1.a01a0174f9961p-13);
    q = VC_FMA(q, r, 0x1.6c16c17ee739cp-10);
    q = VC_FMA(q, r, 0x1.1111111119013p-7);
    q = VC_FMA(q, r, 0x1.555555555228ep-5);
    q = VC_FMA(q, r, 0x1.5555555555539p-3);
    q = VC_FMA(q, r, 0x1.0000000000005p-1);
    *n = vc_bits_f64(t) - vc_bits_f64(VC_MAGIC_F64) + 2048;
    return VC_FMA(r * r, q, r);
}

/* e^z for -746 <= z <= 710; 2^n in two factors, so that results below the normal range are rounded once more only. */
VC_INLINE double vc_exp_inside_f64(double z) {
    uint64_t n;
    double m = vc_expm1_reduced_f64(z, &n);
    uint64_t half = n >> 1, rest = n - half;
    return (1.0 + m) * vc_from_bits_f64((half - 1) << 52) * vc_from_bits_f64((rest - 1) << 52);
}

VC_INLINE double vc_exp_f64(double x) {
    double z = x < -746.0 ? -746.0 : x;
    return vc_exp_inside_f64(z > 710.0 ? 710.0 : z);
}

/* tanh a = m / (m + 2) for m = e^(2a) - 1; 1 to the last bit from a = 20 on. */
VC_INLINE double vc_tanh_f64(double x) {
    double a = __builtin_fabs(x);
    uint64_t n;
    a = a > 20.0 ? 20.0 : a;
    double m = vc_expm1_reduced_f64(a + a, &n), power = vc_from_bits_f64((n - 1025) << 52);
    m = VC_FMA(m, power, power - 1.0);
    return __builtin_copysign(m / (m + 2.0), x);
}

/* 1 / (1 + e^-x) for x >= 0, e^x / (1 + e^x) below: e^-|x| never overflows. */
VC_INLINE double vc_sigmoid_f64(double x) {
    double a = -__builtin_fabs(x), e = vc_exp_inside_f64(a < -746.0 ? -746.0 : a);
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/* log(1 + f) + k log 2 for 1 + f in [0.7, 1.42]: 2 atanh(s), s = f / (2 + f), as in fdlibm (Sun, e_log.c). */
VC_INLINE double vc_log_reduced_f64(double f, double k) {
    double s = f / (2.0 + f), z = s * s, half = 0.5 * f * f;
    double q = 0x1.2f0d93ed5e4f5p-3;
    q = VC_FMA(q, z, 0x1.39a0f476c2391p-3);
    q = VC_FMA(q, z, 0x1.746646325465bp-3);
    q = VC_FMA(q, z, 0x1.c71c51e7d7b03p-3);
    q = VC_FMA(q, z, 0x1.2492494217d06p-2);
    q = VC_FMA(q, z, 0x1.999999997fb2dp-2);
    q = VC_FMA(q, z, 0x1.5555555555593p-1);
    double inner = VC_FMA(s, VC_FMA(q, z, half), k * VC_LN2_LO);
    return VC_FMA(k, VC_LN2_HI, f - (half - inner));
}

/* log 0 = -inf of both zeros, NaN below 0. */
VC_INLINE double vc_log_f64(double x) {
    int small = x < DBL_MIN;
    uint64_t u = vc_bits_f64(small ? x * 0x1p54 : x) + (vc_bits_f64(1.0) - vc_bits_f64(M_SQRT1_2));
    double m = vc_from_bits_f64((u & 0x000fffffffffffffu) + vc_bits_f64(M_SQRT1_2));
    double k = vc_from_bits_f64(vc_bits_f64(VC_MAGIC_F64) + (u >> 52)) - (VC_MAGIC_F64 + 1023.0);
    double y = vc_log_reduced_f64(m - 1.0, small ? k - 54.0 : k);
    y = x <= DBL_MAX ? y : x;
    y = x < 0.0 ? __builtin_nan("") : y;
    return x == 0.0 ? -__builtin_inf() : y;
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). */
VC_INLINE double vc_softplus_f64(double x) {
    double a = -__builtin_fabs(x), e = vc_exp_inside_f64(a < -746.0 ? -746.0 : a);
    int large = e > 0.41421356;
    double y = vc_log_reduced_f64(large ? 0.5 * (e - 1.0) : e, large ? 1.0 : 0.0);
    return (x > 0.0 ? x : 0.0) + y;
}

/* e^(-a a / 2) for 0 <= a <= 39; the rounding of the square is made good. */
VC_INLINE double vc_bell_f64(double a) {
    double h = a * a, e = vc_exp_inside_f64(-0.5 * h);
    return VC_FMA(-0.5 * vc_square_rest(a, h), e, e);
}

VC_INLINE double vc_gaussian_f64(double x) {
    double a = __builtin_fabs(x);
    return 0x1.9884533d43651p-2 * vc_bell_f64(a > 39.0 ? 39.0 : a);
}

/* Phi(-a) = e^(-a a / 2) w q(1 - w), w = 8 / (a + 4): q is smooth on [-1, 1], so the tail keeps its relative error. */
VC_INLINE double vc_gaussian_cdf_f64(double x) {
    double a = __builtin_fabs(x);
    a = a > 39.0 ? 39.0 : a;
    double w = 8.0 / (a + 4.0), y = 1.0 - w;
    double q = -0x1.70dc796fbbc0ep-34;
    q = VC_FMA(q, y, -0x1.4c1e3b0111d0dp-32);
    q = VC_FMA(q, y, 0x1.e3164e4ba540cp-33);
    q = VC_FMA(q, y, 0x1.4a583b2de9795p-29);
    q = VC_FMA(q, y, 0x1.ce4761f929617p-30);
    q = VC_FMA(q, y, -0x1.6c2170c08eca1p-27);
    q = VC_FMA(q, y, -0x1.4cec411f213fcp-26);
    q = VC_FMA(q, y, 0x1.233bcee65e4dep-25);
    q = VC_FMA(q, y, 0x1.1236b835a3befp-23);
    q = VC_FMA(q, y, -0x1.51e416c3cd492p-24);
    q = VC_FMA(q, y, -0x1.8d4b1e9d3b98bp-21);
    q = VC_FMA(q, y, 0x1.80b1686504c15p-24);
    q = VC_FMA(q, y, 0x1.26d0996ec685ep-18);
    q = VC_FMA(q, y, -0x1.001e487dc6979p-22);
    q = VC_FMA(q, y, -0x1.e4a4256de54cp-16);
    q = VC_FMA(q, y, 0x1.17a4ae2a0be25p-16);
    q = VC_FMA(q, y, 0x1.ab825fc0f9c2dp-13);
    q = VC_FMA(q, y, -0x1.c81719d53e964p-12);
    q = VC_FMA(q, y, -0x1.ee2761047f305p-11);
    q = VC_FMA(q, y, 0x1.eec4cc3e4d201p-8);
    q = VC_FMA(q, y, -0x1.7dff2bff68399p-6);
    q = VC_FMA(q, y, 0x1.8c6dbf2cfc2b5p-5);
    q = VC_FMA(q, y, -0x1.373e3a893c28ap-4);
    q = VC_FMA(q, y, 0x1.82b4bb8c94dcep-4);
    double tail = w * q * vc_bell_f64(a);
    return x > 0.0 ? 1.0 - tail : tail;
}

VC_INLINE double vc_sqrt_f64(double x) { return __builtin_sqrt(x); }
VC_INLINE double vc_reciprocal_f64(double x) { return 1.0 / x; }
VC_INLINE double vc_relu_f64(double x) { return x < 0.0 ? 0.0 : x; }
VC_INLINE double vc_step_f64(double x) { return x > 0.0 ? 1.0 : 0.0; }
VC_INLINE double vc_leaky_relu_f64(double x, double slope) { return x < 0.0 ? slope * x : x; }

/* |x| - k pi / 2 as *rest plus the result, *quadrant = k modulo 4 (Payne and Hanek 1983): |x| is m 2^e, and of the bits
   of 2 / pi only 192 can matter, those of weight 2^(1 - e) and below. 128 bits of the fraction are kept. */
static __attribute__((noinline, unused)) double vc_quarter_turns_f64(double x, double *rest, uint32_t *quadrant) {
    uint64_t u = vc_bits_f64(x) & 0x7fffffffffffffffu, m = (u & 0x000fffffffffffffu) | 0x0010000000000000u;
    int at = (int)(u >> 52) - 1075 + 62, s = at & 63;
    const uint64_t *t = vc_two_over_pi + (at >> 6);
    uint64_t w[3];
    for (int i = 0; i < 3; i++) w[i] = t[i] << s | t[i + 1] >> 1 >> (63 - s);
    unsigned __int128 low = (unsigned __int128)m * w[2], middle = (unsigned __int128)m * w[1] + (uint64_t)(low >> 64);
    uint64_t high = m * w[0] + (uint64_t)(middle >> 64), next = (uint64_t)middle;
    unsigned __int128 f = (unsigned __int128)(high << 2 | next >> 62) << 64 | (next << 2 | (uint64_t)low >> 62);
    int back = (int)(f >> 127); /* more than half a quarter turn: from the next multiple backwards */
    *quadrant = (uint32_t)(high >> 62) + (uint32_t)back;
    f = back ? -f : f;
    int zeros = f >> 64 ? __builtin_clzll((uint64_t)(f >> 64)) : 64 + __builtin_clzll((uint64_t)f | 1);
    f <<= zeros;
    double unit = vc_from_bits_f64((uint64_t)(1023 - 53 - zeros) << 52) * (back ? -1.0 : 1.0);
    double a = (double)(uint64_t)(f >> 75) * unit, b = (double)((uint64_t)(f >> 22) & 0x1fffffffffffffu) * (unit * 0x1p-53);
    double r = a * 0x1.921fb54442d18p0;
    *rest = __builtin_fma(a, 0x1.921fb54442d18p0, -r) + (a * 0x1.1a62633145c07p-54 + b * 0x1.921fb54442d18p0);
    return r;
}

VC_INLINE double vc_sin_or_cos_f64(double r, double rest, uint32_t quadrant) {
    double z = r * r;
    double s = -0x1.aa91be95b70abp-41;
    s = VC_FMA(s, z, 0x1.61206ba9a3869p-33);
    s = VC_FMA(s, z, -0x1.ae64525b97d84p-26);
    s = VC_FMA(s, z, 0x1.71de3a530b5ffp-19);
    s = VC_FMA(s, z, -0x1.a01a01a0188b2p-13);
    s = VC_FMA(s, z, 0x1.111111111110ap-7);
    s = VC_FMA(s, z, -0x1.5555555555555p-3);
    s = r + VC_FMA(z * r, s, rest * VC_FMA(-0.5, z, 1.0));
    double c = -0x1.8f9acc4ffd0dbp-37;
    c = VC_FMA(c, z, 0x1.1ee9c69de846ep-29);
    c = VC_FMA(c, z, -0x1.27e4f7d4a5761p-22);
    c = VC_FMA(c, z, 0x1.a01a019c6a606p-16);
    c = VC_FMA(c, z, -0x1.6c16c16c14ebep-10);
    c = VC_FMA(c, z, 0x1.555555555554ap-5);
    double half = 0.5 * z, one = 1.0 - half;
    c = one + VC_FMA(z * z, c, ((1.0 - one) - half) - r * rest);
    double y = quadrant & 1 ? c : s;
    return quadrant & 2 ? -y : y;
}

/* These two have branches, and stay scalar: integers of 128 bits do not come in vectors. */
VC_INLINE double vc_sin_f64(double x) {
    double a = __builtin_fabs(x), rest = 0.0;
    uint32_t quadrant = 0;
    if (!(a <= DBL_MAX)) return __builtin_nan("");
    if (a > 0.785) a = vc_quarter_turns_f64(a, &rest, &quadrant);
    double y = vc_sin_or_cos_f64(a, rest, quadrant);
    return vc_from_bits_f64(vc_bits_f64(y) ^ (vc_bits_f64(x) & 0x8000000000000000u));
}

VC_INLINE double vc_cos_f64(double x) {
    double a = __builtin_fabs(x), rest = 0.0;
    uint32_t quadrant = 0;
    if (!(a <= DBL_MAX)) return __builtin_nan("");
    if (a > 0.785) a = vc_quarter_turns_f64(a, &rest, &quadrant);
    return vc_sin_or_cos_f64(a, rest, quadrant + 1);
}
