// Special functions: gamma, error function's relatives, Bessel. Branch-free in float64, where every branch is computed
// and one is chosen; float32 is the same, rounded once, or where that was too slow a shorter form of it (`lgamma`,
// `erfinv`, `ndtr`, `logit`, `i0e`, `i1e`). Polynomials interpolate at Chebyshev's nodes, computed to 60 digits; err is
// their own error. The largest errors met are in bench/results/accuracy-*.txt.
#pragma once

#include "functors/math_double.h"
#include "functors/math_float_wide.h"

namespace rl::functors {
namespace detail {

/// sin(pi r) / (pi r) for |r| <= 1/2; err 2^-54.
RL_INLINE double sin_pi_over(double r) {
  return horner(r * r, 0x1.0000000000000p+0, -0x1.a51a6625307d3p+0, 0x1.9f9cb402bc3ebp-1, -0x1.86a8e472088a4p-3,
                0x1.ac6805cbe14f0p-6, -0x1.3381697088111p-9, 0x1.37469730d3391p-13, -0x1.d3e3c296a65cfp-18,
                0x1.07192db714f81p-22);
}
/// sin(pi r) and cos(pi r) for |r| <= 1/2; err 2^-54.
RL_INLINE double sin_pi(double r) {
  return r * horner(r * r, 0x1.921fb54442d18p+1, -0x1.4abbce625be52p+2, 0x1.466bc6775aa7dp+1, -0x1.32d2cce627c86p-1,
                    0x1.5078348551854p-4, -0x1.e3074dfaf87afp-8, 0x1.e8f3675ee37ddp-12, -0x1.6f7acdb8f6580p-16,
                    0x1.9d462020fcc78p-21);
}
RL_INLINE double cos_pi(double r) {
  const double z = r * r;
  return fma(z,
             horner(z, -0x1.3bd3cc9be45dep+2, 0x1.03c1f081b5ac4p+2, -0x1.55d3c7e3cbffap+0, 0x1.e1f506891baa0p-3,
                    -0x1.a6d1f2a2034dap-6, 0x1.f9d38a361fa76p-10, -0x1.b6e24e8c6095bp-14, 0x1.20c5eb4a9f2c7p-18,
                    -0x1.29f0b602f0d93p-23, 0x1.e25e8cc1590fdp-29),
             1.0);
}

/// m e^(high + low), which may overflow only as a whole. |high| <= 750.
RL_INLINE double exp_times(double m, double high, double low) {
  const auto a = exp_argument(high);
  const double r = a.r + low;
  return scale(m * fma(r, fma(r, exp_tail(r), 1.0), 1.0), a.t);
}

/// e^(a^2) erfc(a) for a >= 0: p((a - 3) / (a + 3)) / (1 + 2a), the form of Shepherd, Laframboise 1981, Math. Comp. 36,
/// 249; err 2^-55.
RL_INLINE double erfcx_right(double a) {
  const double b = a > 0x1p100 ? 0x1p100 : a, q = (b - 3.0) / (b + 3.0);
  return horner(q, 0x1.40c522d7e4987p+0, -0x1.15c084bb9e8f2p-3, -0x1.85a15c58aa5e6p-5, 0x1.098366a5b466cp-3,
                -0x1.e88b803a49228p-4, 0x1.17ca2877f2532p-4, -0x1.8574c40bd189cp-6, 0x1.4b884e41eebcbp-9,
                0x1.ef1bdd4ca47a3p-10, -0x1.98db50d72f6fdp-11, -0x1.b91279aaf4f8dp-14, 0x1.065a34115a389p-13,
                0x1.4c2781340ddffp-18, -0x1.513b482a54a1dp-16, -0x1.88ba0a324beaap-21, 0x1.d20f41dbcb1c9p-19,
                0x1.7f26fd7caec6cp-22, -0x1.4b0fad3f74c42p-21, -0x1.3015c7bf14f85p-23, 0x1.b58741910ab39p-24,
                0x1.67206d83c9b4dp-25, -0x1.c9e3f1cd92f5bp-27, -0x1.24124a7979a5cp-27, 0x1.0fbd1ff90e1c8p-30,
                0x1.e750cac4778d3p-31) /
         fma(a, 2.0, 1.0);
}

/// erfinv(x) / x as a function of w = -log(1 - x^2) >= 0. The intervals are those of Giles 2012, "Approximating the
/// erfinv function", GPU Computing Gems 2; beyond w = 39, which erfinv never meets, in 1 / sqrt(w). err 2^-52, 2^-54 at
/// w < 6.25.
template <bool far>
RL_INLINE double erfinv_over_x(double w) {
  const double s = sqrt(w);
  const double a = horner(fma(w, 0.32, -1.0), 0x1.a755e7c99ae86p+0, 0x1.8040caa12786bp-1, -0x1.e2b19456a0d5cp-5,
                          -0x1.7259eca3a0e6ap-6, 0x1.23c5aee6d7623p-6, -0x1.0f249df1e0f4cp-8, -0x1.4d5dd2f601d97p-10,
                          0x1.4316b4de70ff3p-10, -0x1.153c9cea11803p-12, -0x1.ea4472a80be62p-14, 0x1.879bf9b660a90p-14,
                          -0x1.f83eaa8301e2fp-17, -0x1.79ad54de00827p-17, 0x1.de7b6e9c9a48dp-18, -0x1.712e9bbf5975bp-21,
                          -0x1.1c4e17253da66p-20, 0x1.24f0792b27f89p-21, -0x1.65c703ccb827bp-27, -0x1.c39d8ba95df48p-24,
                          0x1.51b6d83b10caep-25, 0x1.37b6d2ede04acp-27, -0x1.286d931b525f7p-27, -0x1.7943526054c85p-34,
                          0x1.ace756859e33ap-31);
  const double b =
      horner((s - 3.25) * 0x1.5555555555555p+0, 0x1.8abcc380d5a48p+1, 0x1.8204fa4162bd5p-1, 0x1.8bfc9e26db6e9p-9,
             -0x1.9eda88e3b8676p-10, 0x1.9d4ce3854ade9p-11, -0x1.a418d3e3f7cb5p-12, 0x1.63d0375199256p-13,
             -0x1.8d8d16f0386d1p-15, 0x1.42e85edfe2dfep-19, 0x1.5813b1d2726c9p-18, -0x1.65a7642fd4c3bp-19,
             0x1.1ae04941e1080p-21, 0x1.8e4408b023dd8p-24, -0x1.9991d9f5cb688p-24, 0x1.c9e32dc7e119bp-26,
             0x1.0d3d5b5811ceap-32, -0x1.720234b7c6598p-29, 0x1.76e5a2d9b6fa9p-31, -0x1.2ff80cd8d561bp-39);
  const double c = horner((s - 5.125) * 0x1.c71c71c71c71cp-1, 0x1.3e79eb73b06f3p+2, 0x1.22f42cba319ddp+0,
                          -0x1.1a2443486553ep-12, -0x1.0ca5c8d844e48p-12, 0x1.b29f5d3928d3cp-14, -0x1.f590516b065bap-16,
                          0x1.fddb0990fa584p-18, -0x1.e77a0c9658cbfp-20, 0x1.d26d0885b8a61p-22, -0x1.0174b0dec60eap-23,
                          0x1.973123a290b5dp-25, -0x1.b8cd98fca5aebp-26, 0x1.ed20e85259845p-27, -0x1.0e5a4af456b41p-27,
                          0x1.301fae1723550p-28, -0x1.e159244fdf654p-30, 0x1.2572ce3a856d0p-33, 0x1.b6c71f36053d9p-34);
  double y = w < 6.25 ? a : s < 4.0 ? b : c;
  if constexpr (far) {
    // t = (2r - A - B) / (B - A) for r = 1/s between A = 1/27.5 and B = 0.16
    const double d =
        horner(fma(1.0 / s, 0x1.02d2d2d2d2d2dp+4, -0x1.9696969696969p+0), 0x1.fa8e55b1d4415p-1, -0x1.53e7175b3eb3dp-7,
               -0x1.67775b3cb9df6p-10, 0x1.9d77528fa43b9p-12, -0x1.0acbc938bcfa5p-14, 0x1.051044cac2053p-16,
               -0x1.4f6fc3ba9459fp-18, 0x1.e50351af6eb34p-20, -0x1.7d7cdaa3e5d82p-21, 0x1.4043b0cd5331fp-22,
               -0x1.1a402856ba67ep-23, 0x1.fef2eca058ff2p-25, -0x1.e171f303d4185p-26, 0x1.07ddcd5f0d47dp-26,
               -0x1.08cec2cf2fc87p-27, 0x1.c303119738358p-31, -0x1.3ba3cf817d9c7p-32, 0x1.e9e7fd1efe315p-29,
               -0x1.0eadd52a6d500p-29, -0x1.72e1c3823dfccp-30, 0x1.a40e9a01fc66ep-31, 0x1.2aeb275ea6ad1p-31,
               -0x1.4d82647911c8cp-32);
    y = s < 6.25 ? y : d * s;
  }
  return y;
}

/// The sum that takes lgamma to x >= 8: (lgamma(x) - (x - 1/2) log(x) + x - log(2 pi) / 2) x over z = 1/x^2; err 2^-62.
RL_INLINE double stirling(double z) {
  return horner(z, 0x1.5555555555555p-4, -0x1.6c16c16c16b29p-9, 0x1.a01a019ee0dbep-11, -0x1.38137ec070147p-11,
                0x1.b94f6d6592192p-11, -0x1.f5ff2fdcdf048p-10, 0x1.96db40614b193p-8, -0x1.55b3a71b66a2ep-6);
}
/// lgamma(2 + t) / t for |t| <= 1/2; err 2^-55.
RL_INLINE double lgamma_near_2(double t) {
  return horner(t, 0x1.b0ee6072093cep-2, 0x1.4a34cc4a60fa6p-2, -0x1.13e001a55760ap-4, 0x1.51322ac7d848ap-6,
                -0x1.e404fc218dbaep-8, 0x1.7add6eadb5317p-9, -0x1.38ac5c2d48207p-10, 0x1.0b36af8779ca0p-11,
                -0x1.d3fd4b679c1c4p-13, 0x1.a127afee53e7dp-14, -0x1.78de9ab752b81p-15, 0x1.580e0afa55850p-16,
                -0x1.3cb3be36ad88bp-17, 0x1.258f3057730fap-18, -0x1.1276ebd557fb0p-19, 0x1.012012be3900ap-20,
                -0x1.ce17528bcf460p-22, 0x1.b40adb09a1e12p-23, -0x1.2009c1a550d0dp-23, 0x1.11fa5e7c86f7bp-24);
}
/// a > 0, below 8 taken into [1.5, 2.5) by Gamma(a + 1) = a Gamma(a): t is its distance from 2, and lgamma(a) is
/// lgamma(2 + t) plus (`low`: less) the logarithm of `scaled`. From 8 on (`far`) the logarithm wanted is a's own.
struct GammaArgument {
  double t, scaled;
  bool far, low;
};
RL_INLINE GammaArgument gamma_argument(double a) {
  double y = a, product = 1.0;
  for (int i = 0; i < 6; ++i) {
    const bool above = y >= 2.5;
    y = above ? y - 1.0 : y;
    product = above ? product * y : product;
  }
  const bool far = a >= 8.0, low = a < 1.5, lowest = a < 0.5;
  const double t = lowest ? a : low ? a - 1.0 : y - 2.0;
  return {t, far ? a : lowest ? fma(a, a, a) : low ? a : product, far, low};
}
/// log|Gamma(a)| for a > 0. Below 8 the argument is taken into [1.5, 2.5) by Gamma(a + 1) = a Gamma(a), where
/// lgamma(2 + t) = t p(t), so that both zeros are exact; above, Stirling's sum with its product in two parts.
RL_INLINE double lgamma_right(double a) {
  const auto [t, scaled, far, low] = gamma_argument(a);
  const double p = lgamma_near_2(t);
  const auto s = split(scaled);
  const LogParts parts = log_parts(s.f);
  const double high = s.k * 0x1.62e42fefa38p-1, rest = s.f - (parts.h - fma(s.k, 0x1.ef35793c7673p-45, parts.tail));
  const double log_a = high + rest, log_low = rest - (log_a - high);  // exact from k = 1 on
  const double near = fma(t, p, low ? -log_a : log_a);
  const double h = a - 0.5, w = h * log_a, w_low = fma(h, log_a, -w) + h * log_low;
  const double above = (w - h) + (w_low + fma(stirling(1.0 / (a * a)), 1.0 / a, 0x1.acfe390c97d6ap-2));
  return far ? above : near;  // 0x1.acfe...: log(2 pi) / 2 - 1/2
}

/// psi(y) over y - y0 for 1 <= y <= 2, where y0 is the zero, over y - 1.5; err 2^-56. Then (log(x) - 1/(2x) - psi(x))
/// x^2 over 1/x^2 for x >= 8, err 2^-58, and the same of its derivative: (psi'(x) - 1/x - 1/(2x^2)) x^3, err 2^-60.
RL_INLINE double psi_near(double t) {
  return horner(t, 0x1.e6f0cbb873616p-1, -0x1.b1cb63005ee98p-2, 0x1.eca189b8e6f6dp-3, -0x1.2feeeb98a78eap-3,
                0x1.8512e5903903ep-4, -0x1.fb44202a2306bp-5, 0x1.4de9aa1779d23p-5, -0x1.b9f8b11bfd3d0p-6,
                0x1.2564717896ec6p-6, -0x1.863563f44f303p-7, 0x1.03c0adafa529cp-7, -0x1.5a06a5d662cb4p-8,
                0x1.cd2011454fd05p-9, -0x1.336dbe66757c8p-9, 0x1.99d3f5c0cad5ep-10, -0x1.0fb38d217b800p-10,
                0x1.6a3e76070c135p-11, -0x1.fd8e50abf2196p-12, 0x1.53b23429da21bp-12, -0x1.2fae5cb379bf2p-13,
                0x1.94e73cc9821e1p-14, -0x1.75c084e78a4cdp-13, 0x1.f255c4568ac4dp-14);
}
RL_INLINE double psi_tail(double z) {
  return horner(z, 0x1.5555555555555p-4, -0x1.1111111110d4fp-7, 0x1.0410410195bbfp-8, -0x1.11110c0ff8839p-8,
                0x1.f077209c326c0p-8, -0x1.58e68c895ad5bp-6, 0x1.47c69710dec6fp-4, -0x1.329c9079bcef2p-2);
}
RL_INLINE double trigamma_tail(double z) {
  return horner(z, 0x1.5555555555555p-3, -0x1.111111111106ep-5, 0x1.861861858f9abp-6, -0x1.1111105fd5cabp-5,
                0x1.364d1fa749790p-4, -0x1.031ac6a9704dep-2, 0x1.284d06f57e6d1p+0, -0x1.9db3ce13b7b3bp+2,
                0x1.e298e2176fc5ap+4);
}

/// Bessel functions for 0 <= a <= 8: I0(a) and I1(a) / a over z = a^2, err 2^-55, with what the square rounds off times
/// f' / f, about I1 / (2a I0) and I2 / (2a I1) by the bounds of Amos 1974, Math. Comp. 28, 239. sqrt(a) e^-a I(a) over
/// 16/a - 1 above, err 2^-57.
RL_INLINE double i0_near(double a) {
  const double z = a * a,
               f = horner(z, 0x1.0000000000000p+0, 0x1.0000000000000p-2, 0x1.0000000000000p-6, 0x1.c71c71c71c71cp-12,
                          0x1.c71c71c71c71cp-18, 0x1.23456789abcdfp-24, 0x1.02e85c0898b71p-31, 0x1.522a43f654868p-39,
                          0x1.522a43f65488cp-47, 0x1.0b313289bde14p-55, 0x1.5601885e68e4fp-64, 0x1.69ca9cf342390p-73,
                          0x1.4197a7fd96ed3p-82, 0x1.e72558570f623p-92, 0x1.3e22e226f3e04p-101, 0x1.69f713cc6a86cp-111,
                          0x1.6a02950981bb3p-121, 0x1.4032f4aa4ebe5p-131, 0x1.00a887bfab721p-141,
                          0x1.45034715e8d36p-152, 0x1.5003453888300p-162);
  return fma(f, fma(a, a, -z) * (0.5 / (0.5 + sqrt(z + 2.0))), f);
}
RL_INLINE double i1_near(double a) {
  const double z = a * a,
               f = horner(z, 0x1.0000000000000p-1, 0x1.0000000000000p-4, 0x1.5555555555555p-9, 0x1.c71c71c71c71cp-15,
                          0x1.6c16c16c16c17p-21, 0x1.845c8a0ce5129p-28, 0x1.27e4fb7789f5cp-35, 0x1.522a43f654869p-43,
                          0x1.2c9758daf5cdcp-51, 0x1.ab81ea75fcc0fp-60, 0x1.f17697cf20861p-69, 0x1.e2637bef4b8bbp-78,
                          0x1.8bce5896336dfp-87, 0x1.165e7bd43a82ep-96, 0x1.535864d18d85bp-106, 0x1.69f74bf6bf9aap-116,
                          0x1.54b4bcd4c4ca1p-126, 0x1.1cb233316953bp-136, 0x1.af7259e3f7fb9p-147,
                          0x1.06c6cb001d468p-157, 0x1.f75ef793f926dp-168);
  return fma(f, fma(a, a, -z) * (0.5 / (1.5 + sqrt(z + 6.0))), f);
}
RL_INLINE double i0_far(double a) {
  return horner(16.0 / a - 1.0, 0x1.9bd428ad249a5p-2, 0x1.b87969bb93b75p-9, 0x1.1daa72b5e650cp-13,
                0x1.75e5ee71edd14p-17, 0x1.8e513a1d5e52bp-20, 0x1.3f49a6bcfc2d9p-22, 0x1.7d0f75812d9bcp-24,
                0x1.51ced7b713adcp-25, 0x1.7224b1828e507p-26, 0x1.03896efb09a41p-27, -0x1.ce768f00b5374p-28,
                -0x1.cc90f59ec1228p-27, -0x1.77cc956faaa2fp-28, 0x1.0317d4c7b215ap-27, 0x1.047454ffcb608p-27,
                -0x1.df1549cddfaf8p-29, -0x1.a9411c5b0ad08p-28, 0x1.9bbbfe31d81e9p-30, 0x1.0ab5ef575d285p-28,
                -0x1.31c908a5dd531p-31, -0x1.e8fd992032bedp-30, 0x1.42a55974d41b8p-33, 0x1.1ce14787c5bdep-31,
                -0x1.52109c25bd9ecp-36, -0x1.36e52c10032d7p-34) /
         sqrt(a);
}
RL_INLINE double i1_far(double a) {
  return horner(16.0 / a - 1.0, 0x1.8ebe783a84030p-2, -0x1.3f796198ee628p-7, -0x1.cbc54df1ece76p-13,
                -0x1.f89c23066d278p-17, -0x1.ec8e101744487p-20, -0x1.76137e6905189p-22, -0x1.ad8db6e1fecbbp-24,
                -0x1.727a73a8063a8p-25, -0x1.9180f82a1d429p-26, -0x1.21895bb7ba33fp-27, 0x1.cd81846fb3ff1p-28,
                0x1.e20e7d69649cap-27, 0x1.9f203cf2783b7p-28, -0x1.0630cddd4e099p-27, -0x1.1465ce7d29637p-27,
                0x1.d4345a69bfc30p-29, 0x1.bdc8daed57db9p-28, -0x1.858c7591014bdp-30, -0x1.162964d5f91dbp-28,
                0x1.1aee882806184p-31, 0x1.fce6b32270b52p-30, -0x1.272ae05110368p-33, -0x1.2839623e2341cp-31,
                0x1.33e83e12ca3b4p-36, 0x1.432b0a4121172p-34) /
         sqrt(a);
}

}  // namespace detail

/// Logarithm of the gamma function's magnitude; below 0 by Gamma(-a) Gamma(a) = -pi / (a sin(pi a)).
RL_INLINE double lgamma(double x) {
  const double a = fabs(x), r = a - round(a);
  const double right = detail::lgamma_right(a);
  const double left = log(0x1.921fb54442d18p+1 / (a * fabs(detail::sin_pi(r)))) - right;
  const double y = x < 0.0 && a > 0x1p-100 ? (r == 0.0 ? detail::kInf : left) : right;  // near 0 they agree
  return a == 0.0 || a == detail::kInf ? detail::kInf : y;
}

/// The same with polynomials for float32: err 2^-35, 2^-37 and 2^-36.
RL_INLINE float lgamma(float x32) {
  const double x = x32, a = fabs(x), r = a - round(a);
  const auto [t, scaled, far, low] = detail::gamma_argument(a);
  const double log_a = detail::log_wide(scaled);
  const double p =
      detail::horner(t, 0x1.b0ee60720f144p-2, 0x1.4a34cc4a5e442p-2, -0x1.13e001bf9b68ap-4, 0x1.51322af89f70dp-6,
                     -0x1.e404afd21cd14p-8, 0x1.7add27d2db2a1p-9, -0x1.38c08bc30f720p-10, 0x1.0b496d499e088p-11,
                     -0x1.cf3295be08744p-13, 0x1.9cb4f2ee64828p-14, -0x1.bacfb050da62fp-15, 0x1.953f327c6696cp-16);
  const double inverse = 1.0 / a, z = inverse * inverse;
  const double above = fma(
      a - 0.5, log_a - 1.0,
      fma(detail::horner(z, 0x1.555555554ee56p-4, -0x1.6c16bafa5f149p-9, 0x1.9ff998fa2738dp-11, -0x1.2aebd65128751p-11),
          inverse, 0x1.acfe390c97d6ap-2));
  const double right = far ? above : fma(t, p, low ? -log_a : log_a);
  const double sine = r * detail::horner(r * r, 0x1.921fb54425516p+1, -0x1.4abbce51c31dap+2, 0x1.466bc06900900p+1,
                                         -0x1.32d12ebe6b560p-1, 0x1.5014072bd9ca2p-4, -0x1.cc9b5f3456b49p-8);
  const double left = detail::log_wide(0x1.921fb54442d18p+1 / (a * fabs(sine))) - right;
  const double result = x < 0.0 ? (r == 0.0 ? detail::kInf : left) : right;
  return float(a == 0.0 || a == detail::kInf ? detail::kInf : result);
}

/// Derivative of lgamma, psi(x). n / d collects the sum of the recurrence psi(x + 1) = psi(x) + 1/x, so that there is
/// one division; psi(-a) = psi(a) + 1/a + pi cot(pi a).
RL_INLINE double digamma(double x) {
  const double a = fabs(x);
  const bool negative = x < 0.0, below = a < 1.0, far = a >= 8.0;
  double y = below ? a + 1.0 : a;
  double n = below ? (negative ? 0.0 : -1.0) : negative ? 1.0 : 0.0, d = below || negative ? a : 1.0;
  for (int i = 0; i < 6; ++i) {
    const bool above = y >= 2.0 && !far;
    y = above ? y - 1.0 : y;
    n = above ? fma(n, y, d) : n;
    d = above ? d * y : d;
  }
  const double near = ((y - 0x1.762d86356be3fp+0) - 0x1.b86a722197829p-54) * detail::psi_near(y - 1.5);
  const double inverse = 1.0 / a, z = inverse * inverse;
  const double above = log(a) - fma(detail::psi_tail(z), z, 0.5 * inverse);
  const double r = a - round(a);
  const double cot = 0x1.921fb54442d18p+1 * detail::cos_pi(r) / detail::sin_pi(r);
  double result = (far ? above : near) + n / d;
  result = negative ? (r == 0.0 || a == detail::kInf ? detail::kNan : result + cot) : result;
  return x == 0.0 ? copysign(detail::kInf, -x) : result;
}

/// Second derivative of lgamma; psi'(-a) = (pi / sin(pi a))^2 - psi'(1 + a).
RL_INLINE double trigamma(double x) {
  const double a = fabs(x);
  const bool negative = x < 0.0;
  double y = negative ? a + 1.0 : a, sum = 0.0;
  for (int i = 0; i < 8; ++i) {
    const bool small = y < 8.0;
    sum += small ? 1.0 / (y * y) : 0.0;
    y = small ? y + 1.0 : y;
  }
  const double inverse = 1.0 / y, z = inverse * inverse;
  const double right = sum + fma(fma(detail::trigamma_tail(z), z, 0.5 * inverse), inverse, inverse);
  const double root = 0x1.921fb54442d18p+1 / detail::sin_pi(a - round(a));
  return negative ? fma(root, root, -right) : right;
}

/// e^(x^2) erfc(x); 2 e^(x^2) less the mirror image below 0.
RL_INLINE double erfcx(double x) {
  const double right = detail::erfcx_right(fabs(x));
  const double b = x < -27.0 ? -27.0 : x > 0.0 ? 0.0 : x, square = b * b;
  const double left = detail::exp_times(2.0, square, fma(b, b, -square)) - right;
  return x < 0.0 ? left : right;
}

/// Distribution function of the standard normal: erfc(-x / sqrt(2)) / 2, relative precision in the left tail too.
RL_INLINE double ndtr(double x) {
  double a = fabs(x);
  a = a > 40.0 ? 40.0 : a;
  const double square = a * a, low = fma(a, a, -square);
  const double y = detail::exp_times(0.5 * detail::erfcx_right(a * 0x1.6a09e667f3bcdp-1), -0.5 * square, -0.5 * low);
  return x < 0.0 ? y : 1.0 - y;
}
RL_INLINE float ndtr(float x32) {
  const double x = x32, y = 0.5 * detail::erfc_wide(fabs(x) * 0x1.6a09e667f3bcdp-1);
  return float(x < 0.0 ? y : 1.0 - y);
}
/// Logarithm of ndtr.
RL_INLINE double log_ndtr(double x) {
  const double a = fabs(x), half = 0.5 * detail::erfcx_right(a * 0x1.6a09e667f3bcdp-1);
  const double b = a > 40.0 ? 40.0 : a, square = b * b, low = fma(b, b, -square);
  const double left = log(half) - 0.5 * a * a, right = log1p(-detail::exp_times(half, -0.5 * square, -0.5 * low));
  return x < 0.0 ? left : right;
}

/// Inverse of erf.
RL_INLINE double erfinv(double x) {
  const double y = x * detail::erfinv_over_x<false>(-log((1.0 - x) * (1.0 + x)));
  return fabs(x) == 1.0 ? copysign(detail::kInf, x) : y;
}
/// The same for w below 17.4, which no float but 1 exceeds; err 2^-27.
RL_INLINE float erfinv(float x32) {
  const double x = x32, w = -detail::log_wide((1.0 - x) * (1.0 + x));
  const double a =
      detail::horner(fma(w, 0.32, -1.0), 0x1.a755e7c99ae86p+0, 0x1.8040ca365d4abp-1, -0x1.e2b1952e871b9p-5,
                     -0x1.725873c11e5edp-6, 0x1.23c5dd3ca7972p-6, -0x1.0f54b4cb76cc2p-8, -0x1.4d73dc031bc96p-10,
                     0x1.45c388f2911c0p-10, -0x1.142c963cb7a30p-12, -0x1.1b49249326e92p-13, 0x1.8215af1f68301p-14,
                     0x1.a7ce1e86e577cp-20, -0x1.6ddbddafd7760p-17);
  const double b = detail::horner(
      fma(w, 0x1.6c16c16c16c17p-3, -0x1.0e38e38e38e39p+1), 0x1.a3fb694bae2d0p+1, 0x1.a4cc3c6575e0ep-1,
      -0x1.84be2b1db57bbp-4, 0x1.5ba844c4eb2cep-6, -0x1.711238db272efp-8, 0x1.7e167ab122e02p-10, -0x1.211bfdc672134p-12,
      0x1.7b8fcfbcab4cfp-20, 0x1.27af24d2bd38cp-14, -0x1.7d8a881754328p-14, 0x1.3fbf74f04d6c3p-15);
  const double y = x * (w < 6.25 ? a : b);
  return float(fabs(x) == 1.0 ? copysign(detail::kInf, x) : y);
}
/// Inverse of ndtr: sqrt(2) erfinv(2p - 1), where 1 - (2p - 1)^2 = 4p (1 - p) keeps its digits.
RL_INLINE double ndtri(double p) {
  return 0x1.6a09e667f3bcdp+0 * fma(2.0, p, -1.0) * detail::erfinv_over_x<true>(-log(4.0 * p * (1.0 - p)));
}

/// Modified Bessel functions of the first kind, and those times e^-|x|, for which float32 has shorter polynomials; err
/// 2^-33.
RL_INLINE double i0e(double x) {
  const double a = fabs(x), b = a > 8.0 ? 8.0 : a;
  return a <= 8.0 ? detail::exp_times(detail::i0_near(b), -b, 0.0) : detail::i0_far(a);
}
RL_INLINE float i0e(float x) {
  const double a = fabs(double(x));
  const double near = detail::horner(
      fma(a, 0.25, -1.0), 0x1.a7f09f8eedf5ap-3, -0x1.cedd9fecf8fbbp-4, 0x1.8322d1d0c050bp-4, -0x1.6cb8d785a3194p-4,
      0x1.65c238019a72dp-4, -0x1.5c01fee765e4cp-4, 0x1.44b5e8d55e892p-4, -0x1.1cdcce3bcf458p-4, 0x1.d121ce1440ea0p-5,
      -0x1.5fe7e263cdcf5p-5, 0x1.ee46f6952b48fp-6, -0x1.43ffd5ff124edp-6, 0x1.88ed76045e53cp-7, -0x1.b0ed39ce4647dp-8,
      0x1.d1e343286784ap-9, -0x1.0c31074983c47p-9, 0x1.ea54bb4b2e548p-11, -0x1.b0c67395c476cp-13, 0x1.aed60759e69f6p-14,
      -0x1.1d0b88095d9cfp-13, 0x1.9c8cd4d675d77p-15);
  const double far =
      detail::horner(16.0 / a - 1.0, 0x1.9bd428ad249a5p-2, 0x1.b879697b53c10p-9, 0x1.1daa748ce5c44p-13,
                     0x1.75eb2cbbc8e60p-17, 0x1.8e3f6e7fdf997p-20, 0x1.3b335f55742b5p-22, 0x1.82b19d70f4e41p-24,
                     0x1.ad64aa9d72e97p-25, 0x1.4c84c83d64f89p-26, -0x1.1875620ec70c8p-27, -0x1.ea40bb501e1bep-28) /
      sqrt(a);
  return float(a <= 8.0 ? near : far);
}
RL_INLINE double i0(double x) {
  const double a = fabs(x), b = a > 750.0 ? 750.0 : a;
  return b <= 8.0 ? detail::i0_near(b) : detail::exp_times(detail::i0_far(b), b, 0.0);
}
RL_INLINE double i1e(double x) {
  const double a = fabs(x), b = a > 8.0 ? 8.0 : a;
  return copysign(a <= 8.0 ? detail::exp_times(b * detail::i1_near(b), -b, 0.0) : detail::i1_far(a), x);
}
RL_INLINE float i1e(float x) {
  const double a = fabs(double(x));
  const double near = detail::horner(
      fma(a, 0.25, -1.0), 0x1.6e14eb8e5d319p-5, -0x1.f4bb07150653fp-5, 0x1.16c390dcd2a62p-4, -0x1.188138673b9b2p-4,
      0x1.0530f8577cac3p-4, -0x1.c4da838f27492p-5, 0x1.6df953dd5c42cp-5, -0x1.13d73d8a1f45cp-5, 0x1.84132d986165fp-6,
      -0x1.fe21bf26cea35p-7, 0x1.3a0336acfdc18p-7, -0x1.6b6ada64ac626p-8, 0x1.8a6bb7623bec7p-9, -0x1.8dbb780dcc2a4p-10,
      0x1.82b621dd073c6p-11, -0x1.82582b65acc32p-12, 0x1.499365e7c763ap-13, -0x1.5606edfb6979cp-15,
      0x1.2746446a9eb57p-16, -0x1.24d77462775fdp-16, 0x1.91966efe1628ap-18);
  const double far =
      detail::horner(16.0 / a - 1.0, 0x1.8ebe783a84030p-2, -0x1.3f7961871d69ep-7, -0x1.cbc54fb943d4fp-13,
                     -0x1.f8a1f04d22d29p-17, -0x1.ec7cf39e2f21cp-20, -0x1.719441c7cdd4ap-22, -0x1.b2e10543c215ap-24,
                     -0x1.d64696ef8afb4p-25, -0x1.7023c59b1253bp-26, 0x1.21b1a7c512031p-27, 0x1.052aebac8618ap-27) /
      sqrt(a);
  return copysign(float(a <= 8.0 ? a * near : far), x);
}
RL_INLINE double i1(double x) {
  const double a = fabs(x), b = a > 750.0 ? 750.0 : a;
  return copysign(b <= 8.0 ? b * detail::i1_near(b) : detail::exp_times(detail::i1_far(b), b, 0.0), x);
}

/// sin(pi x) / (pi x), 1 at 0. pi x is not rounded before its sine is taken.
RL_INLINE double sinc(double x) {
  const double n = round(x), half = 0.5 * n;
  const double r = x - n, y = r / x * detail::sin_pi_over(r);
  return x == 0.0 ? 1.0 : trunc(half) != half ? -y : y;
}
/// log(x / (1 - x)); around 1/2 as log1p of the difference from 1.
RL_INLINE double logit(double x) {
  const double y = 1.0 - x, near = log1p(fma(2.0, x, -1.0) / y), far = log(x / y);
  return fabs(x - 0.5) < 0.25 ? near : far;
}
/// In float64 the plain quotient has digits enough.
RL_INLINE float logit(float x) { return float(detail::log_wide(double(x) / (1.0 - double(x)))); }
/// -x log(x), 0 at 0, -inf below.
RL_INLINE double entr(double x) {
  const double y = -x * log(x);
  return x == 0.0 ? 0.0 : x < 0.0 ? -detail::kInf : y;
}

#define RL_MATH_NARROW(name) \
  RL_INLINE float name(float x) { return float(name(double(x))); }
RL_MATH_NARROW(digamma)
RL_MATH_NARROW(trigamma)
RL_MATH_NARROW(erfcx)
RL_MATH_NARROW(log_ndtr)
RL_MATH_NARROW(ndtri)
RL_MATH_NARROW(i0)
RL_MATH_NARROW(i1)
RL_MATH_NARROW(sinc)
RL_MATH_NARROW(entr)
#undef RL_MATH_NARROW

}  // namespace rl::functors
