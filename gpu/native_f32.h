/* float32. The bounds are declared in native_math.py and checked on all 2^32 numbers by native_check.py. NaN goes to
   NaN. Comments that native_f64.h has are not repeated. */

#define VC_MAGIC_F32 0x1.8p23f
#define VC_LN2_HI_F32 0x1.63p-1f /* 9 bits: its product with a count of up to 15 bits is exact */
#define VC_LN2_LO_F32 -0x1.bd0106p-13f

VC_INLINE float vc_expm1_reduced_f32(float z, int32_t *n) {
    float t = VC_FMAF(z, 0x1.715476p0f, VC_MAGIC_F32), k = t - VC_MAGIC_F32;
    float r = VC_FMAF(k, -VC_LN2_HI_F32, z);
    r = VC_FMAF(k, -VC_LN2_LO_F32, r);
    float q = 0x1.6bebf6p-10f;
    q = VC_FMAF(q, r, 0x1.1227bp-7f);
    q = VC_FMAF(q, r, 0x1.555674p-5f);
    q = VC_FMAF(q, r, 0x1.5554bp-3f);
    q = VC_FMAF(q, r, 0x1.fffffep-2f);
    *n = (int32_t)(vc_bits_f32(t) - vc_bits_f32(VC_MAGIC_F32));
    return VC_FMAF(r * r, q, r);
}

VC_INLINE float vc_power_of_two_f32(int32_t n) { return vc_from_bits_f32((uint32_t)(n + 127) << 23); }

/* e^z for -104 <= z <= 89. */
VC_INLINE float vc_exp_inside_f32(float z) {
    int32_t n;
    float m = vc_expm1_reduced_f32(z, &n);
    int32_t half = n >> 1;
    return (1.0f + m) * vc_power_of_two_f32(half) * vc_power_of_two_f32(n - half);
}

VC_INLINE float vc_exp_f32(float x) {
    float z = x < -104.0f ? -104.0f : x;
    return vc_exp_inside_f32(z > 89.0f ? 89.0f : z);
}

VC_INLINE float vc_tanh_f32(float x) {
    float a = __builtin_fabsf(x);
    int32_t n;
    a = a > 9.2f ? 9.2f : a;
    float m = vc_expm1_reduced_f32(a + a, &n), power = vc_power_of_two_f32(n);
    m = VC_FMAF(m, power, power - 1.0f);
    return __builtin_copysignf(m / (m + 2.0f), x);
}

VC_INLINE float vc_sigmoid_f32(float x) {
    float a = -__builtin_fabsf(x), e = vc_exp_inside_f32(a < -104.0f ? -104.0f : a);
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

/* log(1 + f) + k log 2 = f - f f / 2 + f f f q(f) + k log 2, for 1 + f in [0.7, 1.42]. */
VC_INLINE float vc_log_reduced_f32(float f, float k) {
    float z = f * f;
    float q = -0x1.38b608p-4f;
    q = VC_FMAF(q, f, 0x1.055ba6p-3f);
    q = VC_FMAF(q, f, -0x1.0d8544p-3f);
    q = VC_FMAF(q, f, 0x1.22da14p-3f);
    q = VC_FMAF(q, f, -0x1.547244p-3f);
    q = VC_FMAF(q, f, 0x1.99a008p-3f);
    q = VC_FMAF(q, f, -0x1.000228p-2f);
    q = VC_FMAF(q, f, 0x1.555554p-2f);
    float y = VC_FMAF(z * f, q, k * VC_LN2_LO_F32);
    y = VC_FMAF(-0.5f, z, y);
    return VC_FMAF(k, VC_LN2_HI_F32, f + y);
}

VC_INLINE float vc_log_f32(float x) {
    int small = x < FLT_MIN;
    uint32_t u = vc_bits_f32(small ? x * 0x1p25f : x) + (vc_bits_f32(1.0f) - vc_bits_f32((float)M_SQRT1_2));
    float m = vc_from_bits_f32((u & 0x007fffffu) + vc_bits_f32((float)M_SQRT1_2));
    float k = (float)((int32_t)(u >> 23) - (small ? 152 : 127));
    float y = vc_log_reduced_f32(m - 1.0f, k);
    y = x <= FLT_MAX ? y : x;
    y = x < 0.0f ? __builtin_nanf("") : y;
    return x == 0.0f ? -__builtin_inff() : y;
}

VC_INLINE float vc_softplus_f32(float x) {
    float a = -__builtin_fabsf(x), e = vc_exp_inside_f32(a < -104.0f ? -104.0f : a);
    int large = e > 0.41421356f;
    float y = vc_log_reduced_f32(large ? 0.5f * (e - 1.0f) : e, large ? 1.0f : 0.0f);
    return (x > 0.0f ? x : 0.0f) + y;
}

/* Both in float64: the square of a float is exact there. */
VC_INLINE float vc_gaussian_f32(float x) {
    double a = __builtin_fabsf(x);
    a = a > 15.0 ? 15.0 : a;
    return (float)(0x1.9884533d43651p-2 * vc_exp_inside_f64(-0.5 * a * a));
}

VC_INLINE float vc_gaussian_cdf_f32(float x) {
    double a = __builtin_fabsf(x);
    a = a > 15.0 ? 15.0 : a;
    double w = 8.0 / (a + 4.0), y = 1.0 - w;
    double q = 0x1.ebc6b867fec85p-21;
    q = VC_FMA(q, y, 0x1.16ab9ff1dc481p-18);
    q = VC_FMA(q, y, -0x1.1f5607d954ecap-20);
    q = VC_FMA(q, y, -0x1.e77ea0333ec0ep-16);
    q = VC_FMA(q, y, 0x1.1cd2cdd68a4cbp-16);
    q = VC_FMA(q, y, 0x1.abbb492299e67p-13);
    q = VC_FMA(q, y, -0x1.c825c62cb3c0bp-12);
    q = VC_FMA(q, y, -0x1.ee2a14e149551p-11);
    q = VC_FMA(q, y, 0x1.eec4e0a65dc4bp-8);
    q = VC_FMA(q, y, -0x1.7dff2a78aa20fp-6);
    q = VC_FMA(q, y, 0x1.8c6dbf1558b96p-5);
    q = VC_FMA(q, y, -0x1.373e3a8b0b8f3p-4);
    q = VC_FMA(q, y, 0x1.82b4bb8ca924p-4);
    double tail = w * q * vc_exp_inside_f64(-0.5 * a * a);
    return (float)(x > 0.0f ? 1.0 - tail : tail);
}

VC_INLINE float vc_sqrt_f32(float x) { return __builtin_sqrtf(x); }
VC_INLINE float vc_reciprocal_f32(float x) { return 1.0f / x; }
VC_INLINE float vc_relu_f32(float x) { return x < 0.0f ? 0.0f : x; }
VC_INLINE float vc_step_f32(float x) { return x > 0.0f ? 1.0f : 0.0f; }
VC_INLINE float vc_leaky_relu_f32(float x, float slope) { return x < 0.0f ? slope * x : x; }

/* |x| = m 2^e for an integer m < 2^24, and 2^e modulo 2 pi is in the table: m times its first part is exact in float64,
   and so is what is left of that after k times the first part of pi / 2. The result is what is left of |x| after the
   nearest multiple k pi / 2. */
VC_INLINE float vc_quarter_turns_f32(float x, uint32_t *quadrant) {
    uint32_t u = vc_bits_f32(x) & 0x7fffffffu;
    int32_t e = (int32_t)(u >> 23); /* signed: gcc gathers from a table by such an index only */
    double m = (double)(int32_t)((u & 0x007fffffu) | 0x00800000u);
    double h = m * vc_turns_high[e], t = VC_FMA(h, 0x1.45f306dc9c883p-1, VC_MAGIC_F64), k = t - VC_MAGIC_F64;
    double r = (h - k * 0x1.921fb5p0) - k * 0x4.442d18p-28; /* 25 and 24 bits: exact, fused or not */
    r += VC_FMA(k, -0x1.1a62633145c07p-54, m * vc_turns_low[e]);
    *quadrant = (uint32_t)(int32_t)k;
    float y = e == 0 ? vc_from_bits_f32(u) : (float)r;
    return u < 0x7f800000u ? y : __builtin_nanf("");
}

VC_INLINE float vc_sin_or_cos_f32(float r, uint32_t quadrant) {
    float z = r * r;
    float s = 0x1.6cbeccp-19f;
    s = VC_FMAF(s, z, -0x1.a00f32p-13f);
    s = VC_FMAF(s, z, 0x1.111108p-7f);
    s = VC_FMAF(s, z, -0x1.555556p-3f);
    s = VC_FMAF(z * r, s, r);
    float c = -0x1.2417ep-22f;
    c = VC_FMAF(c, z, 0x1.a010c4p-16f);
    c = VC_FMAF(c, z, -0x1.6c16b8p-10f);
    c = VC_FMAF(c, z, 0x1.555556p-5f);
    c = VC_FMAF(z * z, c, VC_FMAF(-0.5f, z, 1.0f));
    float y = quadrant & 1 ? c : s;
    return vc_from_bits_f32(vc_bits_f32(y) ^ ((quadrant & 2) << 30));
}

VC_INLINE float vc_sin_f32(float x) {
    uint32_t quadrant;
    float r = vc_quarter_turns_f32(x, &quadrant);
    return vc_from_bits_f32(vc_bits_f32(vc_sin_or_cos_f32(r, quadrant)) ^ (vc_bits_f32(x) & 0x80000000u));
}

VC_INLINE float vc_cos_f32(float x) {
    uint32_t quadrant;
    float r = vc_quarter_turns_f32(x, &quadrant);
    return vc_sin_or_cos_f32(r, quadrant + 1);
}
