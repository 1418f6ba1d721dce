/* The flight and the lease, small enough to be checked whole: two replicas, with two requests each,
 * want one content. It follows src/analysis/paid_call_state.h step by step: look up, claim, look again, pay,
 * keep. A replica may die once while it pays; its lease then ends by itself, or by the journal when
 * it starts again. A replica may be frozen once; its lease may end meanwhile. The store may lose a
 * lease once; the owner's keeper puts it back. The vendor may answer, or fail without billing.
 *
 * Checked: the content is billed at most once, and once more for each death or freeze of one who was
 * paying or had not kept yet, and for each lost lease; nobody who waits waits for ever; no verdict is
 * answered that was not kept; in the end no living replica holds a lease.
 *
 * FAULT=1..8 break the protocol on purpose; tests/spec/check_spec.py wants each of them found out.
 */
#ifndef FAULT
#define FAULT 0
#endif
#define NO_LEASE_CHECK      1   /* pays although another replica holds the lease */
#define NO_SECOND_LOOK      2   /* does not look at the entry once the lease is granted */
#define LEAVES_BEFORE_KEEP  3   /* takes the key off the table before the verdict is kept */
#define ENDS_LEASE_TOO_SOON 4   /* ends the lease before the verdict is kept */
#define PAYS_AFTER_A_FREEZE 5   /* begins a call although its lease may be over */
#define RENEWS_BLINDLY      6   /* does not end a lease again that a late renewal may have put back */
#define DROPS_TOO_SOON      8   /* the keeper takes a call for over before its verdict is kept */
#define ENDS_LIVING_OWNERS  7   /* the journal ends the lease of an owner that still runs */

/* LEASES=0: one replica while the shared store is away, with its own table and its own store. */
#ifndef LEASES
#define LEASES 1
#endif
#if LEASES
#define REPLICAS 2
#else
#define REPLICAS 1
#endif
#define REQUESTS 2
#define NOBODY   9

bool stored = false;        /* the entry, in the shared store */
byte lease = NOBODY;        /* the token of the request that holds it */
#define OWNER(token) (token / REQUESTS)
bool aboard[REPLICAS];      /* the key is on that replica's table */
bool dead[REPLICAS];
byte billed = 0;
byte lost = 0;
#ifndef MAY_DIE
#define MAY_DIE 1
#endif
byte may_die = MAY_DIE;
byte finished = 0;          /* requests */
byte keepers_done = 0;
/* Losses, freezes and deaths are checked one by one: together they have too many orders. */
#ifndef MAY_LOSE
#define MAY_LOSE 0
#endif
#ifndef MAY_FREEZE
#define MAY_FREEZE 0
#endif
byte may_lose = MAY_LOSE;
byte may_freeze = MAY_FREEZE;
byte renewals = MAY_LOSE;
byte held[REPLICAS];        /* the token of the lease that the keeper renews */
bool renewed[REPLICAS * REQUESTS];  /* by token: a renewal has begun */
bool to_end[REPLICAS * REQUESTS];   /* the keeper ends this lease once more */
bool paying[REPLICAS];      /* billed, and not kept yet */
bool frozen[REPLICAS];      /* since its claim */

/* A lease ends by itself only when nobody renews it: its owner is no more, or stands still. */
proctype expiry() {
end:
  do
  :: atomic { lease != NOBODY && (dead[OWNER(lease)] || frozen[OWNER(lease)]) -> lease = NOBODY }
  :: atomic { FAULT == ENDS_LIVING_OWNERS && lease != NOBODY -> lease = NOBODY }
  :: atomic { may_lose > 0 && lease != NOBODY -> may_lose--; lease = NOBODY; lost++ }
  :: atomic { may_freeze > 0 && lease != NOBODY && !dead[OWNER(lease)] && !frozen[OWNER(lease)] ->
       may_freeze--; frozen[OWNER(lease)] = true;
       if :: paying[OWNER(lease)] -> lost++ :: else fi }
  od
}

inline end_again() {
  atomic {
    to_end[token] = false;
    if :: !dead[me] && lease == token -> lease = NOBODY :: else fi
  }
}

/* The keeper no longer renews this lease. A renewal under way may still put it back. */
inline drop() {
  atomic {
    if :: renewed[token] && FAULT != RENEWS_BLINDLY -> to_end[token] = true :: else fi;
    if :: held[me] == token -> held[me] = NOBODY :: else fi
  }
}

/* One thread, which renews the lease of a call or puts it back, and then ends what was renewed. */
proctype keeper(byte me) {
  byte token;
  do
  :: atomic { held[me] != NOBODY && !dead[me] && renewals > 0 ->
       renewals--; token = held[me]; renewed[token] = true };
     atomic { if :: lease == NOBODY && !dead[me] -> lease = token :: else fi }
  :: to_end[me * REQUESTS] -> token = me * REQUESTS; end_again()
  :: to_end[me * REQUESTS + 1] -> token = me * REQUESTS + 1; end_again()
  :: finished == REPLICAS * REQUESTS && !to_end[me * REQUESTS] && !to_end[me * REQUESTS + 1] -> break
  od;
  keepers_done++
}

/* In the end no living replica holds a lease. */
proctype audit() {
  keepers_done == REPLICAS;
  assert(lease == NOBODY || dead[OWNER(lease)] || frozen[OWNER(lease)])
}

proctype request(byte me; byte token) {
  bool ours = false;
board:
  if
  :: dead[me] -> goto gone
  :: atomic { !dead[me] && !aboard[me] -> aboard[me] = true }
  :: atomic { !dead[me] && aboard[me] -> skip };
     /* follows: waits until the flight lands, and takes its result from the store */
     if
     :: dead[me] -> goto gone
     :: !aboard[me] -> goto board
     fi
  fi;
look_up:
  if
  :: dead[me] -> goto gone
  :: stored -> goto land
  :: !stored && !dead[me] -> skip
  fi;
  if :: !LEASES -> goto pay :: else fi;
claim:
  atomic {
    ours = (lease == NOBODY);
    if :: ours -> lease = token; held[me] = token; frozen[me] = false :: else fi
  };
  /* the second half of the claim: the entry, read after the lease was decided */
  if
  :: dead[me] -> goto gone
  :: stored && FAULT != NO_SECOND_LOOK ->
       atomic { if :: ours && lease == token -> lease = NOBODY :: else fi };
       drop();
       goto land
  :: else -> skip
  fi;
  if
  :: ours || FAULT == NO_LEASE_CHECK -> skip
  :: !ours && FAULT != NO_LEASE_CHECK ->
       if  /* waits for news, or for the lease's end */
       :: dead[me] -> goto gone
       :: stored -> goto land
       :: lease == NOBODY -> goto claim
       fi
  fi;
pay:
  if
  :: dead[me] -> goto gone
  :: atomic { !dead[me] && (!LEASES || !frozen[me] || FAULT == PAYS_AFTER_A_FREEZE) ->
       billed++; paying[me] = true }
  :: !dead[me] ->  /* refused without a bill, or held up: the lease is released, the request fails */
       atomic { if :: lease == token -> lease = NOBODY :: else fi };
       drop();
       goto land
  fi;
  if
  :: atomic { may_die > 0 && !dead[me] -> may_die--; dead[me] = true; lost++ }; goto gone
  :: skip
  fi;
  if :: FAULT == LEAVES_BEFORE_KEEP -> aboard[me] = false :: else fi;
  if
  :: FAULT == ENDS_LEASE_TOO_SOON -> atomic { if :: lease == token -> lease = NOBODY :: else fi }
  :: else
  fi;
keep:
  if :: FAULT == DROPS_TOO_SOON -> drop() :: else fi;
  if
  :: dead[me] -> atomic { lost++ }; goto gone
  :: atomic { !dead[me] -> stored = true; paying[me] = false; if :: lease == token -> lease = NOBODY :: else fi }
  fi;
  drop();
land:
  if
  :: FAULT != LEAVES_BEFORE_KEEP || aboard[me] -> aboard[me] = false
  :: else
  fi;
gone:
  assert(billed <= 1 + lost);
  finished++
}

init {
  atomic {
    run expiry();
    run audit();
    byte replica = 0;
    byte i;
    do
    :: replica < REPLICAS ->
         held[replica] = NOBODY;
         run keeper(replica);
         i = 0;
         do
         :: i < REQUESTS -> run request(replica, replica * REQUESTS + i); i++
         :: else -> break
         od;
         replica++
    :: else -> break
    od
  }
}
