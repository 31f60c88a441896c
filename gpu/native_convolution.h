/* Convolutions as products of matrices: the windows of a tile of an image are the columns of one factor (im2col).
   ``T`` is the type of an entry. All sizes are constants where a function is called, so every loop has constant bounds.

   A tile is ``rows`` rows of windows of ``images`` images at once. A frame is one channel of it with its padding; in a
   row of the frame the entries at i stride + b stand side by side for each phase b < stride, so that one entry of all
   windows of a row is a stretch of the frame without gaps. */
#include <string.h>

typedef struct {
    long n, c, h, w, o, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, groups, images, rows;
} vc_geometry;

typedef int (*vc_product)(const T *, const T *, T *);

#define VC_CONSTANT static inline __attribute__((always_inline, unused))

VC_CONSTANT long vc_phase(const vc_geometry g) { return (g.w + 2 * g.pw + g.sw - 1) / g.sw; }

VC_CONSTANT long vc_frame_rows(const vc_geometry g) {
    return g.rows == g.oh ? g.h + 2 * g.ph : (g.rows - 1) * g.sh + (g.kh - 1) * g.dh + 1;
}

/* Where row r of windows begins in the frame, for the entry (i, j) of a window. */
VC_CONSTANT long vc_place(const vc_geometry g, long r, long i, long j) {
    return ((r * g.sh + i * g.dh) * g.sw + j * g.dw % g.sw) * vc_phase(g) + j * g.dw / g.sw;
}

/* A row of a channel into its row of the frame; what is padding there stays as it is. */
VC_CONSTANT void vc_spread(const vc_geometry g, const T *restrict row, T *restrict frame) {
    const long q = vc_phase(g);
    if (g.sw == 2) {
        T *even = frame + g.pw % 2 * q + g.pw / 2, *odd = frame + (g.pw + 1) % 2 * q + (g.pw + 1) / 2;
        for (long i = 0; i < g.w / 2; i++) {
            even[i] = row[2 * i];
            odd[i] = row[2 * i + 1];
        }
        if (g.w % 2) even[g.w / 2] = row[g.w - 1];
    } else
        for (long x = 0; x < g.w; x++) frame[(x + g.pw) % g.sw * q + (x + g.pw) / g.sw] = row[x];
}

/* The other way; added to what is there where ``more``. */
VC_CONSTANT void vc_gathered(const vc_geometry g, const T *restrict frame, T *restrict row, int more) {
    const long q = vc_phase(g);
    if (g.sw == 2) {
        const T *even = frame + g.pw % 2 * q + g.pw / 2, *odd = frame + (g.pw + 1) % 2 * q + (g.pw + 1) / 2;
        for (long i = 0; i < g.w / 2; i++) {
            row[2 * i] = more ? row[2 * i] + even[i] : even[i];
            row[2 * i + 1] = more ? row[2 * i + 1] + odd[i] : odd[i];
        }
        if (g.w % 2) row[g.w - 1] = more ? row[g.w - 1] + even[g.w / 2] : even[g.w / 2];
    } else
        for (long x = 0; x < g.w; x++) {
            T entry = frame[(x + g.pw) % g.sw * q + (x + g.pw) / g.sw];
            row[x] = more ? row[x] + entry : entry;
        }
}

/* Whether the windows of an image are the image: then nothing is copied. */
VC_CONSTANT int vc_direct(const vc_geometry g) {
    return g.kh * g.kw * g.sh * g.sw == 1 && g.ph + g.pw == 0;
}

/* The windows of a tile: entry (c, i, j) of each in row (c kh + i) kw + j of p, whose rows are ``wide`` entries apart.
   The padding of the frame holds zeros. */
VC_CONSTANT void vc_windows(const vc_geometry g, const T *restrict x, long top, T *restrict frame, T *restrict p,
                            long wide) {
    for (long c = 0; c < g.c / g.groups; c++, x += g.h * g.w) {
        for (long r = 0; r < vc_frame_rows(g); r++) {
            long y = top * g.sh + r - g.ph;
            if (y >= 0 && y < g.h) vc_spread(g, x + y * g.w, frame + r * g.sw * vc_phase(g));
        }
        for (long i = 0; i < g.kh; i++)
            for (long j = 0; j < g.kw; j++, p += wide)
                for (long r = 0; r < g.rows; r++) {
                    const T *from = frame + vc_place(g, r, i, j);
                    for (long l = 0; l < g.ow; l++) p[r * g.ow + l] = from[l];
                }
    }
}

/* The transpose: what stands in the windows is added up where it comes from. */
VC_CONSTANT void vc_folded(const vc_geometry g, T *restrict x, long top, T *restrict frame, const T *restrict p,
                           long wide) {
    for (long c = 0; c < g.c / g.groups; c++, x += g.h * g.w) {
        memset(frame, 0, sizeof(T) * vc_frame_rows(g) * g.sw * vc_phase(g));
        for (long i = 0; i < g.kh; i++)
            for (long j = 0; j < g.kw; j++, p += wide)
                for (long r = 0; r < g.rows; r++) {
                    T *to = frame + vc_place(g, r, i, j);
                    for (long l = 0; l < g.ow; l++) to[l] += p[r * g.ow + l];
                }
        for (long r = 0; r < vc_frame_rows(g); r++) {
            long y = top * g.sh + r - g.ph;
            if (y >= 0 && y < g.h) vc_gathered(g, frame + r * g.sw * vc_phase(g), x + y * g.w, g.rows != g.oh);
        }
    }
}

/* Zeros in the frame, of which all but the image stays. */
VC_CONSTANT void vc_cleared(const vc_geometry g, T *frame) {
    if (!vc_direct(g)) memset(frame, 0, sizeof(T) * vc_frame_rows(g) * g.sw * vc_phase(g));
}

/* A tile of the outputs of one group as a matrix: where it lies, or a copy with the images side by side. */
VC_CONSTANT const T *vc_outputs(const vc_geometry g, const T *restrict y, T *restrict copy) {
    const long each = g.oh * g.ow;
    if (g.images == 1) return y;
    for (long n = 0; n < g.images; n++)
        for (long o = 0; o < g.o / g.groups; o++)
            for (long l = 0; l < each; l++) copy[(o * g.images + n) * each + l] = y[(n * g.o + o) * each + l];
    return copy;
}

/* The other way: what the product wrote side by side goes to its images. */
VC_CONSTANT void vc_parted(const vc_geometry g, const T *restrict copy, T *restrict y) {
    const long each = g.oh * g.ow;
    for (long n = 0; n < g.images; n++)
        for (long o = 0; o < g.o / g.groups; o++)
            for (long l = 0; l < each; l++) y[(n * g.o + o) * each + l] = copy[(o * g.images + n) * each + l];
}

/* The windows of a tile of one group as a matrix, which lies in p unless the images are that. */
VC_CONSTANT const T *vc_matrix(const vc_geometry g, const T *x, long top, T *scratch, T *p) {
    const long wide = g.rows * g.ow;
    if (vc_direct(g)) return x + top * g.ow;
    for (long n = 0; n < g.images; n++)
        vc_windows(g, x + n * g.c * g.h * g.w, top, scratch, p + n * wide, g.images * wide);
    return p;
}

/* y = x * k; product: (k, windows) -> y. */
VC_CONSTANT int vc_convolve(const vc_geometry g, vc_product product, const T *x, const T *k, T *y, T *scratch) {
    const long og = g.o / g.groups, cg = g.c / g.groups, each = g.oh * g.ow;
    T *p = scratch + vc_frame_rows(g) * g.sw * vc_phase(g), *copy = p + cg * g.kh * g.kw * g.images * g.rows * g.ow;
    for (long n = 0; n < g.n; n += g.images)
        for (long top = 0; top < g.oh; top += g.rows) {
            vc_cleared(g, scratch);
            for (long s = 0; s < g.groups; s++) {
                const T *from = vc_matrix(g, x + (n * g.c + s * cg) * g.h * g.w, top, scratch, p);
                T *to = y + (n * g.o + s * og) * each + top * g.ow;
                if (product(k + s * og * cg * g.kh * g.kw, from, g.images == 1 ? to : copy)) return -1;
                if (g.images > 1) vc_parted(g, copy, to);
            }
        }
    return 0;
}

/* The transpose in x; product: (k, y) -> windows. */
VC_CONSTANT int vc_convolve_input(const vc_geometry g, vc_product product, const T *y, const T *k, T *x, T *scratch) {
    const long og = g.o / g.groups, cg = g.c / g.groups, each = g.oh * g.ow, wide = g.images * g.rows * g.ow;
    T *p = scratch + vc_frame_rows(g) * g.sw * vc_phase(g), *copy = p + cg * g.kh * g.kw * wide;
    if (g.rows != g.oh && !vc_direct(g)) memset(x, 0, sizeof(T) * g.n * g.c * g.h * g.w);
    for (long n = 0; n < g.n; n += g.images)
        for (long top = 0; top < g.oh; top += g.rows)
            for (long s = 0; s < g.groups; s++) {
                const T *from = vc_outputs(g, y + (n * g.o + s * og) * each + top * g.ow, copy);
                T *to = x + (n * g.c + s * cg) * g.h * g.w;
                if (product(k + s * og * cg * g.kh * g.kw, from, vc_direct(g) ? to + top * g.ow : p)) return -1;
                for (long i = 0; i < g.images && !vc_direct(g); i++)
                    vc_folded(g, to + i * g.c * g.h * g.w, top, scratch, p + i * g.rows * g.ow, wide);
            }
    return 0;
}

/* The transpose in k; first: (y, windows) -> k, more: the same, added. */
VC_CONSTANT int vc_convolve_weight(const vc_geometry g, vc_product first, vc_product more, const T *y, const T *x,
                                   T *k, T *scratch) {
    const long og = g.o / g.groups, cg = g.c / g.groups, each = g.oh * g.ow, wide = g.images * g.rows * g.ow;
    T *p = scratch + vc_frame_rows(g) * g.sw * vc_phase(g), *copy = p + cg * g.kh * g.kw * wide;
    for (long n = 0; n < g.n; n += g.images)
        for (long top = 0; top < g.oh; top += g.rows) {
            vc_cleared(g, scratch);
            for (long s = 0; s < g.groups; s++) {
                const T *windows = vc_matrix(g, x + (n * g.c + s * cg) * g.h * g.w, top, scratch, p);
                const T *from = vc_outputs(g, y + (n * g.o + s * og) * each + top * g.ow, copy);
                T *to = k + s * og * cg * g.kh * g.kw;
                if (n || top ? more(from, windows, to) : first(from, windows, to)) return -1;
            }
        }
    return 0;
}
