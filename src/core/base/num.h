/*
 * num.h: the few things libm is good for here. No library we link needs libm; doing without it
 * saves one at start and half a megabyte of memory. Pure.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <math.h>
#include <stdint.h>

/* The nearest whole number, halves away from zero, as llround(). v must fit. */
static inline int64_t num_round(double v)
{
	int64_t whole = (int64_t)v;
	double rest = v - (double)whole;

	return whole + (rest >= 0.5) - (rest <= -0.5);
}

/* The smaller and the larger; of a NaN and a number, the number, as fmin() and fmax(). */
static inline double num_min(double a, double b)
{
	return a <= b || isnan(b) ? a : b;
}

static inline double num_max(double a, double b)
{
	return a >= b || isnan(b) ? a : b;
}

/* 10 to the power n, -300 to 300. */
static inline double num_power_of_ten(int n)
{
	double power = 1;

	for (int i = 0; i < (n < 0 ? -n : n); i++)
		power *= 10;
	return n < 0 ? 1 / power : power;
}

/* The n of the largest power of ten that v, finite and above 0, reaches. */
static inline int num_magnitude(double v)
{
	int n = 0;

	while (n < 300 && v >= num_power_of_ten(n + 1))
		n++;
	while (n > -300 && v < num_power_of_ten(n))
		n--;
	return n;
}

#endif
