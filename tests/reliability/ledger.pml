/* The ledger of a sending as a model for Spin: claim, call, record, reconcile, notify, resolve.
 *
 * Two senders that may die or stall before every step; a provider that takes, rejects, refuses, loses and books late; its
 * notifications at any moment; and a person who decides on doubt. Spin tries every order of their steps, and the asserts
 * are the promises. What is one step here is one transaction (`newsletter/storage/ledger/claims.py`), one call of the
 * mailer, or one notification (`newsletter/storage/notifications.py`). One batch of two people: batches meet nowhere but
 * at the lock, and two people get different answers.
 *
 * -DLOCK_MAY_BE_LOST: the lock may be lost while its holder lives, so that two senders work at once.
 * Each -DMUTANT_... leaves one rule out, to see a promise break: `test_ledger_model.py` names them.
 */

#ifndef DEATHS
#define DEATHS 2   /* of senders, in all */
#endif
#define LOSSES 1   /* of the lock, in all */
#define WORDS 2    /* "send them again" */
#define REFUSALS 1 /* 429: the batch goes back to the queue */
#define NOBODY 255

mtype:batch = { queued, sending, unknown, accepted, settled };
mtype:delivery = { open, taken, rejected, delivered, left };
mtype:answer = { none, yes, no, later };

mtype:batch state = queued;
byte attempt;
mtype:delivery own[2] = open; /* a delivery's own state; while it is open, the batch speaks for it */

byte booked[2];     /* mails that the provider has taken for each person */
byte on_its_way[2]; /* mails of calls without an answer that the provider may book later */
bool told[2];       /* the provider has told that it was delivered */

byte lock = NOBODY;
byte deaths, losses, words, refusals;
bool is_finished;

/* The promises of every moment, for each person. */
#define PROMISE(who) \
    assert(booked[who] <= 1 + words);                                     /* nobody twice without a person's word */ \
    assert(own[who] != taken || booked[who] > 0);                         /* accepted only if booked ... */ \
    assert(state != accepted || own[who] != open || booked[who] > 0);     /* ... also by the batch */ \
    assert(!told[who] || own[who] == delivered);                          /* what was proved is not taken back */ \
    assert(state != settled || own[who] != open)                          /* nobody is lost */

#define PROMISES d_step { PROMISE(0); PROMISE(1) }

/* SETTLE_ONE: a delivery that has a state of its own keeps it. */
#ifdef MUTANT_SETTLES_WITHOUT_GUARD
#define SETTLE(who, into) own[who] = into
#else
#define SETTLE(who, into) own[who] = (own[who] == open -> into : own[who])
#endif

/* Whoever has the lock anew takes all that is on its way for a dead sender's: it may have gone out. */
#ifdef MUTANT_RECONCILES_INTO_THE_QUEUE
#define DEAD_OWNERS_INTO queued
#else
#define DEAD_OWNERS_INTO unknown
#endif

/* LEAVE_CLAIM is fenced by the number of the attempt. */
#define IS_OURS (state == sending && attempt == my_attempt)

/* One call, for one person; a call without an answer may be booked at once, later or never. */
#define ANSWER(who) \
    if \
    :: is_in[who] && said == yes -> booked[who]++; heard[who] = yes \
    :: is_in[who] && said == yes -> heard[who] = no \
    :: is_in[who] && said == none -> booked[who]++ \
    :: is_in[who] && said == none -> on_its_way[who]++ \
    :: is_in[who] && said == none \
    :: !is_in[who] || said == later \
    fi

#define FORGET d_step { \
    said = none; my_attempt = 0; heard[0] = none; heard[1] = none; is_in[0] = false; is_in[1] = false }

#define LET_GO if :: lock == _pid -> lock = NOBODY :: else fi

/* The operating system takes the lock from a process that is gone. */
#define MAY_DIE \
    if \
    :: true \
    :: atomic { deaths < DEATHS -> deaths++; LET_GO; FORGET; goto born } \
    fi

active [2] proctype sender() {
    byte my_attempt;
    mtype:answer said = none;
    mtype:answer heard[2] = none;
    bool is_in[2];

born:
    if
    :: atomic { !is_finished && lock == NOBODY && state != unknown -> lock = _pid }
    :: is_finished -> goto done
    fi;
    MAY_DIE;
    d_step { state = (state == sending -> DEAD_OWNERS_INTO : state); PROMISE(0); PROMISE(1) };
    MAY_DIE;
    if
    :: d_step { state == queued && (own[0] == open || own[1] == open) ->
        /* Claim: only those who are open are handed over. */
        is_in[0] = (own[0] == open);
        is_in[1] = (own[1] == open);
#ifndef MUTANT_CLAIMS_WITH_THE_RECORD
        state = sending;
        attempt++;
#endif
        my_attempt = attempt;
        PROMISE(0);
        PROMISE(1)
      }
    :: d_step { state != queued || (own[0] != open && own[1] != open) ->
        /* Nothing to claim: finish when nothing is in doubt, or all doubt was proven away. */
        state = ((state == queued || state == unknown) && own[0] != open && own[1] != open -> settled : state);
        is_finished = (state == accepted || state == settled);
        PROMISE(0);
        PROMISE(1);
        LET_GO
      };
      goto born
    fi;
    MAY_DIE;
    atomic {
        if
        :: said = yes
        :: said = none
        :: refusals < REFUSALS -> refusals++; said = later
        fi;
        ANSWER(0);
        ANSWER(1);
        PROMISES
    };
    MAY_DIE;
    d_step {
        if
#if defined(MUTANT_CLAIMS_WITH_THE_RECORD)
        :: state == queued ->
#elif defined(MUTANT_NO_FENCE)
        :: true ->
            assert(IS_OURS);
#else
        :: IS_OURS ->
#endif
            state = (said == later -> queued : (said == none -> unknown : settled));
            /* The commonest acceptance stands on the batch, here the first person's; the others on their own rows. */
            state = (heard[0] == yes -> accepted : state);
            if :: heard[0] == no -> SETTLE(0, rejected) :: else fi;
            if :: heard[1] == no -> SETTLE(1, rejected) :: heard[1] == yes -> SETTLE(1, taken) :: else fi
        :: else /* StateError: it is another's by now, and nothing is written. */
        fi;
        PROMISE(0);
        PROMISE(1);
        LET_GO
    };
    FORGET;
    goto born;
done:
    skip
}

/* The provider books what it still has, or loses it for good; and tells of what it has booked. */
#define PROVIDER(who) \
    :: atomic { on_its_way[who] > 0 -> on_its_way[who]--; booked[who]++; PROMISES } \
    :: atomic { on_its_way[who] > 0 -> on_its_way[who]-- } \
    :: atomic { booked[who] > 0 && !told[who] -> told[who] = true; own[who] = delivered; PROMISES }

active proctype provider() {
end:
    do
    PROVIDER(0)
    PROVIDER(1)
    od
}

/* A person decides on what is in doubt: again, which is their word, or leave it. */
active proctype person() {
end:
    do
    :: d_step { state == unknown && words < WORDS -> words++; state = queued; PROMISE(0); PROMISE(1) }
#ifdef MUTANT_DOUBT_CANNOT_BE_LEFT
    :: d_step { false ->
#else
    :: d_step { state == unknown ->
#endif
        SETTLE(0, left); SETTLE(1, left); state = settled; PROMISE(0); PROMISE(1) }
    od
}

#ifdef LOCK_MAY_BE_LOST
active proctype misfortune() {
end:
    do
    :: atomic { lock != NOBODY && losses < LOSSES -> losses++; lock = NOBODY }
    od
}
#endif

/* There is a way out of every state: when nothing can move any more, the sending is over. */
active proctype watch() {
end:
    timeout -> assert(is_finished)
}
